// category: realm; attack: returns a revoked Proxy; expect: ok; host: string
var r=Proxy.revocable({},{});r.revoke();return r.proxy
