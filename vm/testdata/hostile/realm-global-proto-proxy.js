// category: realm; attack: global object prototype replaced by a Proxy that spins on later lookups; expect: ok; host: rerun
Object.setPrototypeOf(globalThis,new Proxy({},{has(t,k){if(k==='leaked')for(;;);return false},get(t,k){if(k==='leaked')for(;;);}}));return 0
