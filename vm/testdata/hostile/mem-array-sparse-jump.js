// category: memory; attack: index jumps just under the sparse threshold; expect: memory
var a=[];for(var i=0;i<5000;i++)a[i]=1;for(var n=5000;;){n*=9;a[n]=1;for(var k=0;k<n/9;k++)a[k]=1}
