// category: native-string; attack: Date.parse of a 50 MB string; expect: ok
return Date.parse('1'.repeat(5e7))
