// category: stack-native; attack: getPrototypeOf trap is a native function returning the proxy; expect: timeout
var h={};var p=new Proxy({},h);h.getPrototypeOf=Object.bind(null,p);return p instanceof Function
