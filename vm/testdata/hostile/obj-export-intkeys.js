// category: native-object; attack: host Export of an object with 300k descending integer keys; expect: timeout; host: nogojson
var o={};for(var i=3e5;i--;)o[i]=1;return o
