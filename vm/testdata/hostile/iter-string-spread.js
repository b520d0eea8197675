// category: native-iter; attack: spread of a 20M char string; expect: memory
return [...'x'.repeat(2e7)].length
