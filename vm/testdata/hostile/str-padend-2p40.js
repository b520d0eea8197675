// category: native-string; attack: padEnd(2**40); expect: memory
return 'x'.padEnd(2**40)
