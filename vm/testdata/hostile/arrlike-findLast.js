// category: native-array; attack: Array.prototype.findLast on a huge array-like; expect: timeout
return Array.prototype.findLast.call({length:2**53-1},Boolean)
