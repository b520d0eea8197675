// category: native-object; attack: Object.keys after 300k descending integer keys is quadratic; expect: timeout
var o={};for(var i=3e5;i--;)o[i]=1;return Object.keys(o).length
