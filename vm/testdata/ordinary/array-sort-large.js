// Fifty thousand items from a fixed generator, sorted three ways.
let seed = 42
const random = () => { seed = (seed * 1103515245 + 12345) % 2147483648; return seed }
const items = Array.from({length: 50000}, (_, i) => ({id: i, key: random() % 1000, name: "item " + random() % 777}))
const byKey = items.toSorted((a, b) => a.key - b.key || a.id - b.id)
let ordered = true
for (let i = 1; i < byKey.length; i++) {
  if (byKey[i - 1].key > byKey[i].key || byKey[i - 1].key === byKey[i].key && byKey[i - 1].id > byKey[i].id) ordered = false
}
const names = items.map(i => i.name).sort()
const typed = Float64Array.from(items, i => i.key).sort()
let typedOrdered = true
for (let i = 1; i < typed.length; i++) if (typed[i - 1] > typed[i]) typedOrdered = false
const sum = typed.reduce((a, b) => a + b, 0)
return {ordered, typedOrdered, first: byKey[0], middle: byKey[25000], last: byKey.at(-1), names: [names[0], names[49999]], sum}
