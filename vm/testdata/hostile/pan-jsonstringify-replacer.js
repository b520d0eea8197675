// category: gopanic; attack: replacer length reaches makeslice; expect: error
return JSON.stringify({},new Proxy([],{get(t,k){return k==='length'?2**53-1:t[k]}}))
