// category: stack-js; attack: direct recursion; expect: stackoverflow
function f(){f()} return f()
