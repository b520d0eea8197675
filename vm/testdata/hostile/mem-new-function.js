// category: memory; attack: retain many Functions; expect: memory
var a=[];for(var i=0;;i++)a.push(new Function('return '+i))
