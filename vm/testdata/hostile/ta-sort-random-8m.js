// category: native-typedarray; attack: sort of 8M pseudo random Float64; expect: timeout
var a=new Float64Array(1e6);for(var i=0;i<1e6;i++)a[i]=(i*7919)%1000003;var b=new Float64Array(8e6);for(var i=0;i<8;i++)b.set(a,i*1e6);return b.sort()
