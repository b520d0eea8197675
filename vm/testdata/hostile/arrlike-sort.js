// category: native-array; attack: Array.prototype.sort on a huge array-like; expect: memory
return Array.prototype.sort.call({length:2**53-1})
