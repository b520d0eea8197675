// category: native-array; attack: Array.prototype.fill on a huge array-like; expect: memory
return Array.prototype.fill.call({length:2**53-1},0)
