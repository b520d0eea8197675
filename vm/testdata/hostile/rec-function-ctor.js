// category: stack-js; attack: new Function recursion; expect: stackoverflow
globalThis.f=function(){new Function('f()')()}; return f()
