// category: stack-native; attack: 3M bound functions chained; expect: stackoverflow
var f=function(){};for(var i=0;i<3e6;i++){f=f.bind();delete f.name;}return f()
