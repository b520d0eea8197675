// category: realm; attack: returns new Array(2**32-1): Export allocates 64 GiB; expect: memory
return new Array(4294967295)
