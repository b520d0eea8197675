// category: memory; attack: map of objects doubling; expect: memory
var a=[{}];for(;;)a=a.concat(a.map(function(x){return {x:x}}))
