// category: native-array; attack: Array.from with a native map function pushes to its own source; expect: timeout
var a=[1];return Array.from(a,Array.prototype.push,a)
