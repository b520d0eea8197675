// category: native-bigint; attack: comparison of a huge BigInt with floats; expect: timeout
var a=1n;var x=(a<<400000000n);for(;;)x<1.5
