// category: loop; attack: async function recursion without await; expect: stackoverflow
async function f(){return f()} return f()
