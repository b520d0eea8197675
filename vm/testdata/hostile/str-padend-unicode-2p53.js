// category: native-string; attack: unicode padEnd(2**53-1); expect: error
return 'x'.padEnd(2**53-1,'\u0101')
