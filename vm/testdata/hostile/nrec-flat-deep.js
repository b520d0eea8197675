// category: stack-native; attack: flat(Infinity) of 1.8M nested arrays; expect: stackoverflow
var a=[];for(var i=0;i<1.8e6;i++)a=[a];return a.flat(1/0)
