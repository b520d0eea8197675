// category: native-array; attack: Array.prototype.filter on a huge array-like; expect: timeout
return Array.prototype.filter.call({length:2**53-1},Boolean)
