// category: native-string; attack: repeat to 1 GiB; expect: memory
return 'x'.repeat(2**30).length
