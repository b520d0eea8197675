// category: memory; attack: cause chain; expect: memory
var e;for(;;)e=new Error('x',{cause:e})
