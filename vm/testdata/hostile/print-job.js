const s = "x".repeat(1e6), o = {__proto__: null}; for (let i = 0; i < 200000; i++) o["k" + i] = s; await Promise.resolve(o).then(String)
