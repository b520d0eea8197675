// category: stack-js; attack: default parameter recursion; expect: stackoverflow
function f(a=f()){} return f()
