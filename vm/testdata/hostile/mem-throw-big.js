// category: output; attack: throws a 300 MB string; expect: error
throw 'x'.repeat(3e8)
