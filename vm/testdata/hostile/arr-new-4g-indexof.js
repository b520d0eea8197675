// category: native-array; attack: indexOf over 2**32-1 holes; expect: timeout
return new Array(4294967295).indexOf(1)
