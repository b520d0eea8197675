// category: regexp; attack: alternation of 300k words; expect: timeout
var a=[];for(var i=0;i<3e5;i++)a.push('w'+i*7919);return new RegExp(a.join('|')).test('w1')
