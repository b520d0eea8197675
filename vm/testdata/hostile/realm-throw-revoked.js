// category: realm; attack: throws a revoked Proxy; expect: error; host: errstack
var r=Proxy.revocable({},{});r.revoke();throw r.proxy
