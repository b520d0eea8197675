// category: stack-native; attack: toISOString is Date.prototype.toJSON; expect: stackoverflow
var o={};o.valueOf=function(){return 1};o.toISOString=Date.prototype.toJSON;return o.toISOString()
