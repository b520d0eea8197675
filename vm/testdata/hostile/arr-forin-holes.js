// category: native-array; attack: for-in over new Array(2**32-1); expect: ok
var n=0;for(var k in new Array(4294967295))n++;return n
