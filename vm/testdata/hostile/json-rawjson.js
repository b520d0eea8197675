// category: native-json; attack: rawJSON of a deep value; expect: error
return JSON.rawJSON('['.repeat(1e6))
