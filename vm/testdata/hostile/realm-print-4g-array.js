// category: realm; attack: host function argument conversion joins 2**32-1 holes; expect: memory
return print(new Array(4294967295))
