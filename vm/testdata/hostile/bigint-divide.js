// category: native-bigint; attack: division of 400 Mbit by 200 Mbit; expect: timeout
var a=1n;var x=(a<<400000000n)-1n,y=(a<<200000000n)+12345n;x/y;return 0
