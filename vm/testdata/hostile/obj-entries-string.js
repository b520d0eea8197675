// category: native-object; attack: Object.entries of a 5M char string; expect: memory
return Object.entries('x'.repeat(5e6)).length
