// category: native-json; attack: parse of a 50 MB string literal; expect: memory
return JSON.parse('"'+'x'.repeat(5e7)+'"').length
