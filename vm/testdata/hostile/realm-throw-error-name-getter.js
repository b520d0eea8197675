// category: realm; attack: thrown Error whose name getter spins; expect: timeout; host: errstack
var e=new Error('x');Object.defineProperty(e,'name',{get(){for(;;);}});throw e
