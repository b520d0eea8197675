// category: native-json; attack: parse of a 5M element array; expect: memory
return JSON.parse('['+'0,'.repeat(5e6)+'0]').length
