// category: native-iter; attack: new WeakSet over endless native entries arrays; expect: error
return new WeakSet(Array.prototype.entries.call({length:2**53-1}))
