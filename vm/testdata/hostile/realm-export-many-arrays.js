// category: realm; attack: returns 100 arrays of length 1e8; expect: memory
var a=[];for(var i=0;i<100;i++)a.push(new Array(1e8));return a
