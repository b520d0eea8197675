// category: regexp; attack: replaceAll of every char with 1 MB; expect: memory
return 'a'.repeat(1e5).replaceAll('a','x'.repeat(1e6)).length
