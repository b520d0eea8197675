// category: native-iter; attack: Array.from of an endless native iterator; expect: memory
return Array.from(Array.prototype.keys.call({length:2**53-1}))
