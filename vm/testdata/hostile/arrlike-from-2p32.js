// category: native-array; attack: Array.from of length 2**32; expect: memory
return Array.from({length:2**32})
