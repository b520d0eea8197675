// category: native-array; attack: Array.prototype.toLocaleString on a huge array-like; expect: memory
return Array.prototype.toLocaleString.call({length:2**53-1})
