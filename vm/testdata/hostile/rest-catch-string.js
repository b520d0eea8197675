try { throw "x".repeat(1e7) } catch ({...r}) {}
