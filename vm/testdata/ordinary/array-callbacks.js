// Every method that takes a callback, with what the callback is given.
const seen = []
const list = [5, 1, 4, 2, 3]
const note = name => function (value, index, whole) { seen.push([name, value, index, whole === list, this && this.tag]); return value > 2 }
const self = {tag: "self"}
const results = {
  every: list.every(note("every"), self),
  some: list.some(note("some"), self),
  filter: list.filter(note("filter"), self),
  find: list.find(note("find"), self),
  findIndex: list.findIndex(note("findIndex"), self),
  findLast: list.findLast(note("findLast"), self),
  findLastIndex: list.findLastIndex(note("findLastIndex"), self),
  map: list.map(note("map"), self),
  forEach: String(list.forEach(note("forEach"), self)),
  flatMap: list.flatMap((v, i) => i % 2 ? [v, [v]] : []),
  reduce: list.reduce((sum, v, i) => sum + v * i),
  reduceSeed: list.reduce((text, v) => text + v, ">"),
  reduceRight: list.reduceRight((text, v, i) => text + "," + i + ":" + v),
}
let refused
try { [].reduce((a, b) => a + b) } catch (e) { refused = e instanceof TypeError }
const early = []
for (const v of list) { if (v === 4) break; early.push(v) }
const added = [1, 2, 3]
const visited = []
added.forEach((v, i) => { visited.push(v); if (i === 0) added.push(9); if (i === 1) added.pop() })
return {seen, results, refused, early, visited, added}
