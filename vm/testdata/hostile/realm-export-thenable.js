// category: realm; attack: returns a thenable; expect: ok
return ({then(r){r(1)}})
