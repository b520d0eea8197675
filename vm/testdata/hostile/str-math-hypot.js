// category: native-string; attack: Math.hypot with 3e7 arguments; expect: memory
return Math.hypot.apply(null,new Array(3e7).fill(1))
