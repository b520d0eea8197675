// category: stack-js; attack: each JS frame goes through 400 native call frames; expect: stackoverflow
var c=Function.prototype.call;var l=[];for(var i=0;i<400;i++)l.push(c);function f(){Reflect.apply(c,c,l.concat([f]))} return f()
