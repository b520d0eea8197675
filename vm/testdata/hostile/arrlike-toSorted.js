// category: native-array; attack: Array.prototype.toSorted on a huge array-like; expect: memory
return Array.prototype.toSorted.call({length:2**53-1})
