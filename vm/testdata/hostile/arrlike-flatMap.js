// category: native-array; attack: Array.prototype.flatMap on a huge array-like; expect: timeout
return Array.prototype.flatMap.call({length:2**53-1},Boolean)
