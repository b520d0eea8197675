// category: regexp; attack: sticky lastIndex beyond the end; expect: ok
var r=/a/y;r.lastIndex=2**53-1;return 'abc'.replace(r,'x')
