const s = "x".repeat(1e6), a = Array(1e6).fill(s); Object.setPrototypeOf(a, null); String(a)
