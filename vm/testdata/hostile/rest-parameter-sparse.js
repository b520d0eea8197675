const a = []; a[4e9] = 1; (function ([...r]) {})(a)
