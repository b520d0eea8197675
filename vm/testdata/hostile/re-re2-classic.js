// category: regexp; attack: classic catastrophic pattern runs on RE2; expect: ok
return /^(a+)+$/.test('a'.repeat(50)+'!')
