// category: regexp; attack: RE2 pattern of 1000 optionals over a 3M string; expect: timeout
return new RegExp('(?:a?){1000}b').test('a'.repeat(3e6))
