// category: native-array; attack: Array.prototype.reverse on a huge array-like; expect: timeout
return Array.prototype.reverse.call({length:2**53-1})
