let r; [{a: {...r}}] = [{a: "x".repeat(1e7)}]
