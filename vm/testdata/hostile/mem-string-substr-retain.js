// category: memory; attack: 1 char substrings of 10 MB strings retain the parents; expect: ok
var a=[];for(var i=0;i<100;i++)a.push(('x'.repeat(1e7)+i).substring(0,1));return a.length
