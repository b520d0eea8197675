// category: regexp; attack: backreference forces regexp2; expect: timeout
return /^((a+)+)\1$/.test('a'.repeat(50)+'!')
