// category: native-json; attack: stringify with indent of 10k nested arrays is quadratic in output; expect: memory
var a=[];for(var i=0;i<2e4;i++)a=[a,1];return JSON.stringify(a,null,10).length
