// category: regexp; attack: RE2 dot-star pattern pairs over 50 MB; expect: timeout
return /(.*)x(.*)y(.*)z/.test('xy'.repeat(2e7))
