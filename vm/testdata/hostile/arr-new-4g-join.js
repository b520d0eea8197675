// category: native-array; attack: new Array(2**32-1).join(); expect: memory
return new Array(4294967295).join('x')
