// category: loop; attack: endless toString during concatenation; expect: timeout
return ''+{toString(){for(;;);}}
