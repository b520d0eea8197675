// category: native-json; attack: replacer Proxy of an array reports length 2**53-1; expect: error
return JSON.stringify({},new Proxy([],{get(t,k){return k==='length'?2**53-1:t[k]}}))
