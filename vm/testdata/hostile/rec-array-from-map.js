// category: stack-js; attack: Array.from map function recursion; expect: stackoverflow
function f(){Array.from([1],f)} return f()
