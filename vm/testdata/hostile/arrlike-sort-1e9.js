// category: native-array; attack: sort on array-like of length 1e9; expect: memory
return Array.prototype.sort.call({length:1e9})
