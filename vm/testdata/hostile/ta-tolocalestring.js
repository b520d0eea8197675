// category: native-typedarray; attack: toLocaleString of 20M elements; expect: timeout
return new Uint8Array(2e7).toLocaleString().length
