// category: native-object; attack: for-in after 300k descending integer keys is quadratic; expect: timeout
var o={};for(var i=3e5;i--;)o[i]=1;for(var k in o)break;return 0
