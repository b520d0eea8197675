// category: regexp; attack: RE2 pattern switches to regexp2 when lastIndex is not 0; expect: timeout
var r=/(a+)+$/g;r.lastIndex=1;return r.test('a'.repeat(50)+'!')
