// category: stack-native; attack: call.call.call over a 3.2M element list; expect: stackoverflow
var c=Function.prototype.call;var a='x'.repeat(3.2e6).split('').fill(c);return Reflect.apply(c,c,a)
