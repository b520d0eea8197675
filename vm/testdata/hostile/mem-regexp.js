// category: memory; attack: retain many regexps; expect: memory
var a=[];for(var i=0;;i++)a.push(new RegExp('a{1,200}'+i))
