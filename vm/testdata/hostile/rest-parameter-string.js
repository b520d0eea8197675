(function ({...r}) {})("x".repeat(1e7))
