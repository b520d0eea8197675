// category: memory; attack: array spread doubling; expect: memory
var a=[1];for(;;)a=[...a,...a]
