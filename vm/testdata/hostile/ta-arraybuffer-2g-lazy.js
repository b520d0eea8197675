// category: native-typedarray; attack: ArrayBuffer of 2 GB never touched; expect: memory
return new ArrayBuffer(2e9).byteLength
