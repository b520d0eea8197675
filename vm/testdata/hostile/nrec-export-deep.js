// category: stack-native; attack: host Export of 3M nested arrays; expect: stackoverflow; host: nogojson
var a=[];for(var i=0;i<3e6;i++)a=[a];return a
