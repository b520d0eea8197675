// category: memory; attack: errors retaining deep stacks; expect: memory
var a=[];function f(n){if(n>900)for(;;)a.push(new Error('x'));f(n+1)}return f(0)
