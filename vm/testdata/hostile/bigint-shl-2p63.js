// category: native-bigint; attack: 1n << 2**63; expect: error
var a=1n;a<<9223372036854775808n;return 0
