// category: memory; attack: global variable growth; expect: memory
for(var i=0;;i++)globalThis['g'+i]=i
