// category: loop; attack: recursion that catches everything; expect: stackoverflow
function f(){try{f()}catch(e){f()}} return f()
