// category: native-string; attack: Math.max with 3e7 arguments; expect: memory
return Math.max.apply(null,new Array(3e7).fill(1))
