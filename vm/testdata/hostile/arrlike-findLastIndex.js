// category: native-array; attack: Array.prototype.findLastIndex on a huge array-like; expect: timeout
return Array.prototype.findLastIndex.call({length:2**53-1},Boolean)
