// category: realm; attack: host function argument conversion with native recursion; expect: stackoverflow
var o={};o.toString=o.toLocaleString;return print(o)
