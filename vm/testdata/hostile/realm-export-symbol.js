// category: realm; attack: returns a symbol; expect: ok; host: string
return Symbol('x')
