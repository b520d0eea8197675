// category: gopanic; attack: element toString shrinks the array while sorting; expect: ok
var a=[];for(var i=0;i<5;i++)a.push({toString(){a.length=0;return 'x'}});return a.sort()
