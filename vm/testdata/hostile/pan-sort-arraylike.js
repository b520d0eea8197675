// category: gopanic; attack: sort length reaches makeslice; expect: error
return Array.prototype.sort.call({length:9007199254740991})
