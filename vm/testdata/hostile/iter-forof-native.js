// category: native-iter; attack: for-of of an endless native iterator; expect: timeout
for(var x of Array.prototype.values.call({length:2**53-1}));
