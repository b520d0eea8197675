// category: native-typedarray; attack: Uint8Array.from of length 2**40; expect: memory
return Uint8Array.from({length:2**40})
