// category: memory; attack: bound function names grow quadratically; expect: memory
var f=function(){};for(;;)f=f.bind()
