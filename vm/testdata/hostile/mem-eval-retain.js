// category: memory; attack: retain many eval closures; expect: memory
var a=[];for(var i=0;;i++)a.push(eval('(function(){return '+i+'})'))
