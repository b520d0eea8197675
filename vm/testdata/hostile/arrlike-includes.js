// category: native-array; attack: Array.prototype.includes on a huge array-like; expect: timeout
return Array.prototype.includes.call({length:2**53-1},0)
