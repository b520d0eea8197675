// category: native-string; attack: repeat to 1 TiB; expect: memory
return 'x'.repeat(2**40)
