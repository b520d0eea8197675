// category: realm; attack: throws a Proxy whose get trap spins when the host prints the error; expect: timeout; host: errstack
throw new Proxy({},{get(){for(;;);}})
