// category: stack-native; attack: JSON.stringify of an endless structure made by a native toJSON; expect: stackoverflow
var o={};o.toJSON=Object.create.bind(null,o);return JSON.stringify({a:o}).length
