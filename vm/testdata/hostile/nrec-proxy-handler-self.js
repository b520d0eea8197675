// category: stack-native; attack: Proxy whose handler is itself a Proxy in a cycle; expect: stackoverflow
var h={};var p=new Proxy({},h);Object.setPrototypeOf(h,p);return p.x
