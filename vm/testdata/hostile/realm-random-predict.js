// category: realm; attack: Math.random comes from the shared math/rand source; expect: ok
return Math.random()
