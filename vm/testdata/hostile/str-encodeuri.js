// category: native-string; attack: encodeURIComponent of 30M euro signs; expect: memory
return encodeURIComponent('\u20ac'.repeat(3e7)).length
