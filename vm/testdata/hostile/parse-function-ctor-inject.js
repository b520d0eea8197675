// category: realm; attack: new Function body that closes the wrapper; expect: ok
new Function('}); globalThis.leaked=1; (function(){')
