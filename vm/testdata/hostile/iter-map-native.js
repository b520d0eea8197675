// category: native-iter; attack: new Map over endless native entries; expect: memory
return new Map(Array.prototype.entries.call({length:2**53-1}))
