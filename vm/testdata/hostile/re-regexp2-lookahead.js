// category: regexp; attack: lookahead forces regexp2 then catastrophic backtracking; expect: timeout
return /^(?=a)(a+)+$/.test('a'.repeat(50)+'!')
