// category: stack-native; attack: Error.prototype.toString as message getter; expect: stackoverflow
var e={};Object.defineProperty(e,'message',{get:Error.prototype.toString});return String(Error.prototype.toString.call(e))
