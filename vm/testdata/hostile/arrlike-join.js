// category: native-array; attack: Array.prototype.join on a huge array-like; expect: memory
return Array.prototype.join.call({length:2**53-1},'')
