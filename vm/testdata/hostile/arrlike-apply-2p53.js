// category: native-array; attack: Function.prototype.apply with length 2**53-1; expect: error
return Math.max.apply(null,{length:2**53-1})
