// category: memory; attack: dense array index growth; expect: memory
var a=[];for(var i=0;;i++)a[i]=i
