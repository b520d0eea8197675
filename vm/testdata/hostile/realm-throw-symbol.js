// category: realm; attack: throws a symbol; expect: error; host: errstack
throw Symbol('x')
