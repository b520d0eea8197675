(({...r}) => r)(new Uint8Array(3e7))
