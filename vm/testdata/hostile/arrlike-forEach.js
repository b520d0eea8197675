// category: native-array; attack: Array.prototype.forEach on a huge array-like; expect: timeout
return Array.prototype.forEach.call({length:2**53-1},Boolean)
