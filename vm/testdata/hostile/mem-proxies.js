// category: memory; attack: many proxies; expect: memory
var a=[];for(;;)a.push(new Proxy({},{}))
