// category: stack-native; attack: join of 300k nested arrays (quadratic cycle check); expect: stackoverflow
var a=[];for(var i=0;i<3e5;i++)a=[a];return a.join()
