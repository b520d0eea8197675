// category: native-array; attack: sort with a native comparator that is slow; expect: timeout
var big='\u0101'.repeat(2e5);var a=new Array(2000).fill(big);return a.sort(String.prototype.localeCompare.call.bind(String.prototype.localeCompare))
