// category: gopanic; attack: ownKeys trap returns an array-like with a hole (nil interface); expect: error
return Object.keys(new Proxy({},{ownKeys(){return {length:1}}}))
