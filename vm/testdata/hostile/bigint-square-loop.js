// category: native-bigint; attack: repeated squaring; expect: timeout
var x=3n;for(;;)x=x*x
