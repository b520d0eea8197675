// category: realm; attack: species returns a foreign object to native code; expect: ok
var a=[1,2,3];a.constructor={[Symbol.species]:function(){return globalThis}};a.map(x=>x);return globalThis[2]
