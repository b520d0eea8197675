// category: native-array; attack: JS function applied to 5M arguments; expect: memory
return (function(){return arguments.length}).apply(null,{length:5e6})
