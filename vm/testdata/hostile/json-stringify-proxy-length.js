// category: native-json; attack: stringify of a Proxy array whose length is 2**53-1; expect: timeout
return JSON.stringify(new Proxy([],{get(t,k){return k==='length'?2**53-1:undefined}}))
