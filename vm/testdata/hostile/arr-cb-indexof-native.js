// category: native-array; attack: map with native callback that scans a 200k array each time; expect: timeout
var a='x'.repeat(2e5).split('');return a.map(Array.prototype.indexOf.bind(a,1))
