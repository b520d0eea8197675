// category: stack-native; attack: Symbol.match is String.prototype.match bound to the same regexp; expect: stackoverflow
var r={};r[Symbol.match]=String.prototype.match.bind('x',r);return 'x'.match(r)
