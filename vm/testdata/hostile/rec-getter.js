// category: stack-js; attack: getter reads itself; expect: stackoverflow
var o={get x(){return this.x}}; return o.x
