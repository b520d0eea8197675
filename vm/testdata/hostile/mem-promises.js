// category: memory; attack: pending promise reactions; expect: memory
var p=new Promise(()=>{});for(;;)p.then(()=>{})
