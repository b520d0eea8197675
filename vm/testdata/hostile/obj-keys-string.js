// category: native-object; attack: Object.keys of a 50M char string; expect: memory
return Object.keys('x'.repeat(5e7)).length
