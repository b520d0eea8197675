// category: stack-js; attack: thenable chain creating new thenables natively; expect: timeout
function T(){} T.prototype.then=function(r){r(new T)};Promise.resolve(new T);return 0
