// category: gopanic; attack: comparator shrinks the array while sorting; expect: ok
var a=[5,4,3,2,1];return a.sort(function(x,y){a.length=0;return x-y})
