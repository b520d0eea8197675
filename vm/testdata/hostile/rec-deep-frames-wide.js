// category: stack-js; attack: 1000 frames each with 2000 locals via apply; expect: stackoverflow
function f(n){if(n<1000)return f.apply(null,[n+1].concat(new Array(2000).fill(0)))} for(;;)f(0)
