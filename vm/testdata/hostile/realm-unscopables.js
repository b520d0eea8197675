// category: realm; attack: with and unscopables proxies; expect: ok
with(new Proxy({},{has(){return true},get(t,k){return k===Symbol.unscopables?undefined:k}})){typeof anything}
