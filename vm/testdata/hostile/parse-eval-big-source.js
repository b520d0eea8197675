// category: parser; attack: eval of a 50 MB source; expect: memory
eval('0,'.repeat(2.5e7)+'0')
