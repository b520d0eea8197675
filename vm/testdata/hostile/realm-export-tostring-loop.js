// category: realm; attack: host String() of the result spins; expect: timeout; host: string
return ({toString(){for(;;);}})
