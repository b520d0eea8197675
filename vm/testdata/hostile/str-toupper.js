// category: native-string; attack: toUpperCase expansion of 30M sharp s; expect: memory
return '\u00df'.repeat(3e7).toUpperCase().length
