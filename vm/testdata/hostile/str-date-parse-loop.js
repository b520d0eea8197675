// category: native-string; attack: Date.parse of odd strings; expect: ok
for(var i=0;i<2e4;i++)Date.parse('Mon, 01 Jan 2000 00:00:'+' '.repeat(i%50)+'x');return 0
