// category: loop; attack: toJSON spins; expect: timeout
return JSON.stringify({toJSON(){for(;;);}})
