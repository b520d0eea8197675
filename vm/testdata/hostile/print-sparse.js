const s = "x".repeat(1e6), a = []; a[4e9] = s; for (let i = 0; i < 100000; i++) a[i * 10000] = s; a.__proto__ = null; new Date(a)
