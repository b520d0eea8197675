const s = "x".repeat(1e6), o = {toString: 1, valueOf: 1}; for (let i = 0; i < 200000; i++) o["k" + i] = s; o + ""
