// category: native-string; attack: split of a 20 MB string into characters; expect: memory
return 'x'.repeat(2e7).split('').length
