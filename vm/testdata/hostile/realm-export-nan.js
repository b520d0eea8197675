// category: realm; attack: returns NaN; expect: ok
return 0/0
