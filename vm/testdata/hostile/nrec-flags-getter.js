// category: stack-native; attack: RegExp flags getter installed as global on the same object; expect: stackoverflow
var g=Object.getOwnPropertyDescriptor(RegExp.prototype,'flags').get;var o={};Object.defineProperty(o,'global',{get:g});return g.call(o)
