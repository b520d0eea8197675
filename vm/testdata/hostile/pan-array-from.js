// category: gopanic; attack: Array.from length reaches makeslice; expect: error
return Array.from({length:9007199254740991})
