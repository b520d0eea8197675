// category: realm; attack: errors.As on the returned error runs a getPrototypeOf trap in the host; expect: error
throw new Proxy({},{getPrototypeOf(){for(;;);}})
