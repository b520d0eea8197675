// category: gopanic; attack: deleteCount valueOf grows the array; expect: ok
var a=[1,2,3];return a.toSpliced(0,{valueOf(){for(var i=0;i<9;i++)a.push(i);return 1}},1,2,3)
