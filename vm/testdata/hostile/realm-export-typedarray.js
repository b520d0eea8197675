// category: realm; attack: returns a 200 MB typed array; expect: memory
return new Float64Array(25e6)
