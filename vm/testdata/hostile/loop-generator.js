// category: loop; attack: endless generator pulled by for-of; expect: timeout
function* g(){for(;;)yield 1} for(var x of g());
