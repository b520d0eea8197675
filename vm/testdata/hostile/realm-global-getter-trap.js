// category: realm; attack: global getter spins when the host reads it later; expect: ok; host: rerun
Object.defineProperty(globalThis,'leaked',{get(){for(;;);}});return 0
