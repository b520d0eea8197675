// category: native-object; attack: Object.fromEntries of an endless native iterator; expect: timeout
return Object.fromEntries(Array.prototype.entries.call({length:2**53-1}))
