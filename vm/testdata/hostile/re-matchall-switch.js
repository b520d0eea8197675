// category: regexp; attack: matchAll second step switches to regexp2; expect: timeout
return [...('b'+'a'.repeat(50)+'!').matchAll(/b|(?:(a+)+$)/g)].length
