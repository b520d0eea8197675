// category: realm; attack: returns an ArrayBuffer; expect: ok
return new ArrayBuffer(8)
