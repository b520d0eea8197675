// category: gopanic; attack: asIntN(2**53-1) reaches makeslice; expect: ok
return BigInt.asIntN(9007199254740991,-1n)
