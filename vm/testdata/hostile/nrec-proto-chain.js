// category: stack-native; attack: 4M deep prototype chain; expect: stackoverflow
var o={};for(var i=0;i<4e6;i++)o={__proto__:o};return o.x
