// category: stack-native; attack: join is toString is join: pure native recursion; expect: stackoverflow
var a=[];a.join=a.toString;return a.toString()
