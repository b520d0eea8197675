// category: realm; attack: returns a cyclic object with getters; expect: error
var o={get self(){return o}};return o
