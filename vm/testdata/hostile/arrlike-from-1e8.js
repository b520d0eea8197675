// category: native-array; attack: Array.from of length 1e8; expect: memory
return Array.from({length:1e8}).length
