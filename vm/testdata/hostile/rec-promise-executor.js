// category: stack-js; attack: Promise executor recursion; expect: stackoverflow
function f(){new Promise(f)} return f()
