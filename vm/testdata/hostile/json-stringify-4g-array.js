// category: native-json; attack: stringify new Array(2**32-1); expect: memory
return JSON.stringify(new Array(4294967295))
