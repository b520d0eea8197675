// category: native-array; attack: Array.prototype.reduceRight on a huge array-like; expect: timeout
return Array.prototype.reduceRight.call({length:2**53-1},Boolean,0)
