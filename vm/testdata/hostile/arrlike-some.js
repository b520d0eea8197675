// category: native-array; attack: Array.prototype.some on a huge array-like; expect: timeout
return Array.prototype.some.call({length:2**53-1},Boolean)
