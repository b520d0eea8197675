// category: native-array; attack: Array.prototype.map on a huge array-like; expect: memory
return Array.prototype.map.call({length:2**32-1},Boolean)
