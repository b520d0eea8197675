// category: realm; attack: throws a 400 Mbit BigInt; expect: timeout; host: errstack
var a=1n;throw (a<<400000000n)-1n
