// category: loop; attack: endless valueOf inside native Math.max; expect: timeout
return Math.max(1,{valueOf(){for(;;);}})
