// category: native-string; attack: concat with 10000 references of 1 MB; expect: memory
var s='x'.repeat(1<<20);return s.concat(...new Array(10000).fill(s)).length
