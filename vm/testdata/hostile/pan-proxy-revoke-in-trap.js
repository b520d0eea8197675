// category: gopanic; attack: has trap revokes then the target is used; expect: error
var r=Proxy.revocable({},{get has(){r.revoke()}});return 'x' in r.proxy
