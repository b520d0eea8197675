// category: native-iter; attack: rest destructuring of an endless native iterator; expect: memory
var [a,...b]=Array.prototype.keys.call({length:2**53-1})
