// category: stack-js; attack: Proxy get trap re-enters; expect: stackoverflow
var p=new Proxy({},{get(t,k){return p[k]}}); return p.x
