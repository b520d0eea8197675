// category: native-array; attack: Array.prototype.copyWithin on a huge array-like; expect: timeout
return Array.prototype.copyWithin.call({length:2**53-1},1,0)
