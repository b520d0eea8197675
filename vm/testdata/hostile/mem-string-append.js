// category: memory; attack: keep every prefix of a growing string; expect: memory
var a=[],s='x'.repeat(1e5);for(;;){s+='y';a.push(s)}
