// category: regexp; attack: String.prototype.match compiles a string pattern; expect: timeout
return ('a'.repeat(50)+'!').match('^(?=a)(a+)+$')
