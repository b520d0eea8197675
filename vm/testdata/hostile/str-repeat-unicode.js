// category: native-string; attack: unicode repeat to 1 G chars; expect: memory
return '\u0101'.repeat(2**30).length
