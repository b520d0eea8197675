// category: native-array; attack: Array.prototype.with on a huge array-like; expect: memory
return Array.prototype.with.call({length:2**32-1},0,1)
