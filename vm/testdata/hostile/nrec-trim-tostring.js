// category: stack-native; attack: toString is String.prototype.trim; expect: stackoverflow
var o={toString:''.trim};return o+''
