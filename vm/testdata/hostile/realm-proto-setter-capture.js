// category: realm; attack: setter on Object.prototype captures host written values; expect: ok; host: rerun
globalThis.leaked='';Object.defineProperty(Object.prototype,'secret',{set(v){leaked+=v},configurable:true});var o={};o.secret='host';return 0
