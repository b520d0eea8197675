const s = "x".repeat(1e6), o = {toString: () => ({})}; for (let i = 0; i < 200000; i++) o["k" + i] = s; [o, o].sort()
