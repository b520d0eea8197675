// category: regexp; attack: quantifier of 2**31-1 on regexp2; expect: ok
return /(?=a)a{1,2147483647}/.test('aaa')
