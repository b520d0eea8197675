// category: realm; attack: returns a sparse array with one element; expect: memory
var a=[];a[4294967294]=1;return a
