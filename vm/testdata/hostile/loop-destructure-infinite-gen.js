// category: loop; attack: rest destructuring from an endless JS generator; expect: memory
function* g(){for(;;)yield 1} var [a,...b]=g()
