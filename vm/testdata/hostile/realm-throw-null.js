// category: realm; attack: throws null; expect: error; host: errstack
throw null
