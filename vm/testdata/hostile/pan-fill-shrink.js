// category: gopanic; attack: start valueOf shrinks the array; expect: ok
var a=[1,2,3];return a.fill(0,{valueOf(){a.length=0;return 0}})
