// category: native-array; attack: reverse over 2**32-1 holes; expect: timeout
return new Array(4294967295).reverse()
