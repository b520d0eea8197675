// category: stack-native; attack: toString is bound JSON.parse of the object; expect: stackoverflow
var o={};o.toString=JSON.parse.bind(null,o);return ''+o
