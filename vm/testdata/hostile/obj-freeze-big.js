// category: native-object; attack: freeze of a 5M element array; expect: timeout
Object.freeze(new Array(5e6).fill(0));return 0
