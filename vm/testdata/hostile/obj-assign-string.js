// category: native-object; attack: Object.assign from a 10M char string; expect: memory
return Object.assign({},'x'.repeat(1e7))
