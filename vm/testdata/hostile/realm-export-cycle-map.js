// category: realm; attack: returns a Map containing itself; expect: error
var m=new Map;m.set('m',m);return m
