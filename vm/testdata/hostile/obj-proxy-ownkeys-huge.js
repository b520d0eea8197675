// category: native-object; attack: ownKeys trap returns an array-like with 2**53-1 string keys from a native getter; expect: timeout
return Object.keys(new Proxy({},{ownKeys(){return new Proxy({},{get(t,k){return k==='length'?2**53-1:String(k)}})}}))
