// category: regexp; attack: RegExp.prototype.compile swaps the pattern; expect: timeout
var r=/x/;r.compile('^(?=a)(a+)+$');return r.test('a'.repeat(50)+'!')
