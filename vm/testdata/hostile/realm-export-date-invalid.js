// category: realm; attack: returns an invalid Date; expect: ok
return new Date(NaN)
