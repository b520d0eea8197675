// category: native-typedarray; attack: ArrayBuffer of 16 GB then fill; expect: memory
return new Uint8Array(16e9).fill(1)
