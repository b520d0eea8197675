// category: stack-native; attack: JSON.stringify of 400k nested arrays; expect: error
var a=[];for(var i=0;i<4e5;i++)a=[a];return JSON.stringify(a)
