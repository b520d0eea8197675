// category: native-array; attack: slice over 2**32-1 holes; expect: timeout
return new Array(4294967295).slice()
