// category: gopanic; attack: ownKeys getter revokes the proxy; expect: error
var r=Proxy.revocable({},{get ownKeys(){r.revoke()}});return Object.keys(r.proxy)
