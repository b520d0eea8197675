// category: regexp; attack: quadratic scan on 500k characters; expect: timeout
return /x*(?=y)/.test('x'.repeat(5e5))
