// category: stack-native; attack: Reflect.apply as its own valueOf; expect: stackoverflow
var o={};o.toString=Reflect.apply.bind(null,String,null,[o]);return ''+o
