// category: native-bigint; attack: 3n ** 50000000n at run time; expect: timeout
var a=3n,b=50000000n;a**b;return 0
