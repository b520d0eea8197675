// category: memory; attack: vm value stack growth by spread call; expect: memory
var a=new Array(1e6).fill(0);function f(){return arguments.length}for(;;)f(...a,...a,...a,...a,...a,...a,...a,...a)
