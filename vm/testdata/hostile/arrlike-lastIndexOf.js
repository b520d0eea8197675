// category: native-array; attack: Array.prototype.lastIndexOf on a huge array-like; expect: timeout
return Array.prototype.lastIndexOf.call({length:2**53-1},0)
