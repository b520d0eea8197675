// category: realm; attack: returns an extreme Date (year 275760); expect: ok
return new Date(8.64e15)
