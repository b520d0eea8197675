// category: gopanic; attack: padEnd length reaches makeslice; expect: error
return 'x'.padEnd(9007199254740991,'\u0101')
