// category: loop; attack: each microtask queues two; expect: memory
function f(){Promise.resolve().then(f);Promise.resolve().then(f)} return f()
