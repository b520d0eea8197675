// category: native-array; attack: Array.prototype.indexOf on a huge array-like; expect: timeout
return Array.prototype.indexOf.call({length:2**53-1},0)
