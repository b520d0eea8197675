// category: native-array; attack: Array.prototype.flat on a huge array-like; expect: timeout
return Array.prototype.flat.call({length:2**53-1})
