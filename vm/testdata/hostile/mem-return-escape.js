// category: output; attack: returns 50 MB that JSON escapes 6 times; expect: memory
return '\x01'.repeat(5e7)
