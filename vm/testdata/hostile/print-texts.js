const s = "\u20ac".repeat(1e6), o = Object.create(null); for (let i = 0; i < 100000; i++) o["k" + i] = s.substring(i); isNaN(o)
