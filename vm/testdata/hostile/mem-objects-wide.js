// category: memory; attack: one object with endless keys; expect: memory
var o={};for(var i=0;;i++)o['k'+i]=i
