// category: regexp; attack: 100k capture groups matched repeatedly; expect: memory
var r=new RegExp('(a?)'.repeat(1e5));for(var i=0;i<50;i++)r.exec('aaa')
