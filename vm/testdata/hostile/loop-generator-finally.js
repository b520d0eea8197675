// category: loop; attack: generator finally spins when the consumer breaks; expect: timeout
function* g(){try{yield 1}finally{for(;;);}} for(var x of g())break;
