// category: gopanic; attack: BigInt shift count reaches makeslice; expect: error
var a=1n;return a<<(a<<62n)
