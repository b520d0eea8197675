// category: regexp; attack: lookbehind catastrophic; expect: timeout
return /(?<=^(a+)+)b$/.test('a'.repeat(40)+'c'.repeat(3))
