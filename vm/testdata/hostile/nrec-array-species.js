// category: stack-native; attack: species constructor is a bound native that concats again; expect: stackoverflow
var a=[1];a.constructor={};a.constructor[Symbol.species]=Array.prototype.concat.bind(a);try{a.concat()}catch(e){e.message}
