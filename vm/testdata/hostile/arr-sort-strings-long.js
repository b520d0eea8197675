// category: native-array; attack: sort of 3000 nearly equal 40 KB unicode strings; expect: timeout
var p='\u0101'.repeat(10000),a=[];for(var i=0;i<3000;i++)a.push(p+((i*7919)%3001));return a.sort().length
