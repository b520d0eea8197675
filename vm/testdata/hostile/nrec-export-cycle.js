// category: stack-native; attack: host Export and json.Marshal of a cyclic object; expect: error
var o={};o.o=o;return o
