// category: native-string; attack: unicode includes is quadratic; expect: timeout
return '\u4161'.repeat(1e6).includes('\u6141'.repeat(5e5))
