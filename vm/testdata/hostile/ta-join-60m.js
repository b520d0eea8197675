// category: native-typedarray; attack: join of a 60 MB Uint8Array with a long separator; expect: memory
return new Uint8Array(6e7).join('xxxxxxxxxxxxxxxxxxxxxxxx').length
