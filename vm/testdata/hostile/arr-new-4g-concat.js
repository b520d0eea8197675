// category: native-array; attack: concat over 2**32-1 holes; expect: timeout
return [].concat(new Array(4294967295))
