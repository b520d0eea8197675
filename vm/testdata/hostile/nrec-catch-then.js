// category: stack-native; attack: then is Promise.prototype.catch; expect: stackoverflow
var o={then:Promise.prototype.catch};return o.then()
