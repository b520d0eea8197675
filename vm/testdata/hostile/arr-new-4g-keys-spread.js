// category: native-array; attack: spread of keys() of 2**32-1 holes; expect: memory
return [...new Array(4294967295).keys()]
