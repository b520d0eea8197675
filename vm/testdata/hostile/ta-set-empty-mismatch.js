// category: native-typedarray; attack: set from an empty typed array of another type; expect: ok
return new Uint8Array(1).set(new Uint16Array(0))
