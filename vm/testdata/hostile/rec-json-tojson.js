// category: stack-js; attack: toJSON calls stringify; expect: stackoverflow
var o={toJSON(){return JSON.stringify(o)}}; return JSON.stringify(o)
