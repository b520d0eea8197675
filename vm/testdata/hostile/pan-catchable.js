// category: gopanic; attack: try/catch cannot see the Go panic; expect: error
try{Array.from({length:9007199254740991})}catch(e){'caught'}
