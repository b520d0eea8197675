// category: stack-native; attack: sort comparator is bound sort itself; expect: stackoverflow
var a=[2,1];var c={};a.toString=Array.prototype.sort.bind(a);var b=[a,a];b.toString=b.sort.bind(b);return [b,b].sort()
