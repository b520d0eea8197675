// Holes are skipped by some methods and undefined for others.
const holey = [1, , 3, , 5]
const visited = []
holey.forEach((v, i) => visited.push(i))
const mapped = holey.map(v => v * 2)
const keys = []
for (const k in holey) keys.push(k)
const values = []
for (const v of holey) values.push(v === undefined ? "hole" : v)
const filled = Array.from(holey, v => v ?? "none")
const spread = [...holey].map(v => v === undefined)
const sparse = []
sparse[1000] = "far"
sparse[2] = "near"
const text = [, "a", , "b", ,].join("|")
const proto = Array.prototype
proto[3] = "inherited"
let fromPrototype
try { fromPrototype = [holey[3], holey.indexOf("inherited"), holey.includes("inherited"), [...holey][3]] } finally { delete proto[3] }
return {
  visited, mapped: 1 in mapped, keys, values, filled, spread, text, fromPrototype,
  flat: holey.flat(), filter: holey.filter(() => true), reduce: holey.reduce((a, b) => a + b), every: holey.every(v => v > 0),
  find: holey.findIndex(v => v === undefined), has: holey.includes(undefined), index: holey.indexOf(undefined),
  sparse: sparse.length, own: Object.keys(sparse), reversed: Object.keys(sparse.slice().reverse()), copy: Object.keys(holey.slice(1)),
  concat: Object.keys([1, , 2].concat([, 3])), sorted: Object.keys([3, , 1].sort()), last: [1, , ].length,
}
