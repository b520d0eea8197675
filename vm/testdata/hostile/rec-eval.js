// category: stack-js; attack: eval recursion; expect: stackoverflow
function f(){eval('f()')} return f()
