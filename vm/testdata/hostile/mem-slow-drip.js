// category: memory; attack: live heap of 40 MB with heavy garbage (GC pressure); expect: ok
var keep=new Array(2e6).fill(0);for(var i=0;i<3e5;i++){keep[i%2e6]={a:[1,2,3]}}return keep.length
