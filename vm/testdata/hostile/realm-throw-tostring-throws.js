// category: realm; attack: throws an object whose toString throws in err.Error(); expect: error; host: errstack
throw {toString(){throw 1}}
