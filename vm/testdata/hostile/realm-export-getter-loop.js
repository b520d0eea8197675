// category: realm; attack: getter on the returned object spins during Export; expect: timeout
return ({get a(){for(;;);}})
