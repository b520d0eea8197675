// category: realm; attack: returns a Proxy; expect: ok; host: string
return new Proxy({a:1},{get(){for(;;);},ownKeys(){for(;;);}})
