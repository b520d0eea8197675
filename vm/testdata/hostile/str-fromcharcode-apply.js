// category: native-string; attack: fromCharCode.apply with 3e7 args; expect: memory
return String.fromCharCode.apply(null,{length:3e7}).length
