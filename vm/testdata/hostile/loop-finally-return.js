// category: loop; attack: finally with return in a driver loop; expect: timeout
function f(){try{for(;;);}finally{return 1}} for(;;)f();
