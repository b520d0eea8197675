// category: realm; attack: throws undefined; expect: error; host: errstack
throw undefined
