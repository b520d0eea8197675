// category: stack-js; attack: Proxy construct trap recursion; expect: stackoverflow
var p=new Proxy(function(){},{construct(){return new p}}); return new p
