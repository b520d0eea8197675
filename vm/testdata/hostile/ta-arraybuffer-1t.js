// category: native-typedarray; attack: ArrayBuffer of 1 TiB; expect: memory
return new ArrayBuffer(2**40)
