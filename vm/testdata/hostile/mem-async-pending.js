// category: memory; attack: async functions pending forever; expect: memory
var never=new Promise(()=>{});for(;;)(async()=>{await never})()
