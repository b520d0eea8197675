// category: native-bigint; attack: 1n << 2**40; expect: memory
var a=1n;a<<1099511627776n;return 0
