// category: realm; attack: returns a pending promise; expect: ok
return new Promise(function(){})
