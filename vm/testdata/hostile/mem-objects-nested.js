// category: memory; attack: nested objects; expect: memory
var o={};for(;;)o={a:o,b:{}}
