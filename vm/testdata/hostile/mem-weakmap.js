// category: memory; attack: WeakMap with retained keys; expect: memory
var a=[],m=new WeakMap;for(;;){var k={};a.push(k);m.set(k,k)}
