// category: native-typedarray; attack: native callback scanning 60 MB per element; expect: timeout
var a=new Uint8Array(6e7);return a.map(Uint8Array.prototype.indexOf.bind(a,1))
