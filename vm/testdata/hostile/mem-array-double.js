// category: memory; attack: array concat doubling; expect: memory
var a=[1];for(;;)a=a.concat(a)
