// category: gopanic; attack: fromIndex valueOf shrinks the array; expect: ok
var a=[1,2,3];return a.indexOf(1,{valueOf(){a.length=0;return 2}})
