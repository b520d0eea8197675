// category: stack-native; attack: bound function chain with hasInstance of itself; expect: stackoverflow
var f=function(){};for(var i=0;i<2e6;i++){f=f.bind();delete f.name}return ({}) instanceof f
