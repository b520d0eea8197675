// category: loop; attack: catch tries to swallow the interrupt; expect: timeout
for(;;){try{for(;;);}catch(e){}}
