// category: gopanic; attack: BigInt exponent reaches makeslice; expect: error
var a=2n;return a**(a**62n)
