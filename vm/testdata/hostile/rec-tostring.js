// category: stack-js; attack: toString concatenates itself; expect: stackoverflow
var o={toString(){return ''+o}}; return ''+o
