// category: native-iter; attack: AggregateError of an endless native iterator; expect: memory
return new AggregateError(Array.prototype.keys.call({length:2**53-1}))
