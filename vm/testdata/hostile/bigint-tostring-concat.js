// category: native-bigint; attack: implicit toString in concatenation; expect: timeout
var a=1n;var b=(a<<400000000n)-1n;return (''+b).length
