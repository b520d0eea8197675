// category: realm; attack: returns a generator object; expect: ok
return (function*(){yield 1})()
