// category: output; attack: few huge console lines; expect: memory
var s='x'.repeat(1e8);for(var i=0;i<20;i++)print(s)
