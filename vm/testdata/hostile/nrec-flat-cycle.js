// category: stack-native; attack: flat(Infinity) of a self containing array; expect: error
var a=[];a[0]=a;return a.flat(1/0)
