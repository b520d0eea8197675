// category: native-string; attack: huge strings as property keys; expect: memory
var o={},s='x'.repeat(1e6);for(var i=0;;i++)o[s+i]=1
