// category: native-json; attack: parse of a 20 MB number; expect: error
return JSON.parse('1'.repeat(2e7))
