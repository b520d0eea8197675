// category: native-array; attack: Array.prototype.every on a huge array-like; expect: timeout
return Array.prototype.every.call({length:2**53-1},Boolean)
