// category: realm; attack: throws an object whose toString spins in err.Error(); expect: timeout; host: errstack
throw {toString(){for(;;);}}
