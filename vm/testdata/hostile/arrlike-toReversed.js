// category: native-array; attack: Array.prototype.toReversed on a huge array-like; expect: memory
return Array.prototype.toReversed.call({length:2**32-1})
