// category: native-json; attack: 40 level shared DAG expands to 2**40 nodes; expect: memory
var a=[1];for(var i=0;i<40;i++)a=[a,a];return JSON.stringify(a)
