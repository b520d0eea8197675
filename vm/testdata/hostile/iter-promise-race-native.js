// category: native-iter; attack: Promise.race of an endless native iterator; expect: memory
return Promise.race(Array.prototype.keys.call({length:2**53-1}))
