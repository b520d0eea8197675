// category: native-array; attack: Array(3e8).fill then join; expect: memory
return new Array(3e8).fill('xxxxxxxx').join('')
