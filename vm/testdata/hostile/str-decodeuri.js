// category: native-string; attack: decodeURIComponent of 60 MB; expect: memory
return decodeURIComponent('%41'.repeat(2e7)).length
