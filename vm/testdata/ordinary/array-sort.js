// Order, stability and comparators of all sorts.
const people = []
for (let i = 0; i < 500; i++) people.push({name: "p" + i, age: (i * 7919) % 13, at: i})
const byAge = people.toSorted((x, y) => x.age - y.age)
let stable = true
for (let i = 1; i < byAge.length; i++) {
  if (byAge[i - 1].age === byAge[i].age && byAge[i - 1].at > byAge[i].at) stable = false
}
const words = ["banana", "apple", "cherry", "Apple", "äpfel", "10", "9", "1"]
const holes = [3, undefined, 1, , 2, undefined]
const sorted = holes.slice().sort()
const thrown = []
try { [1, 2].sort("no") } catch (e) { thrown.push(e.name) }
try { [2, 1, 3].sort(() => { throw new RangeError("stop") }) } catch (e) { thrown.push(e.message) }
const calls = [3, 2, 1]
const self = calls.sort((a, b) => a - b) === calls
const like = {length: 3, 0: "c", 1: "a", 2: "b", other: true}
Array.prototype.sort.call(like)
return {
  first: byAge.slice(0, 5).map(p => p.name), stable, text: words.slice().sort(), numbers: [10, 9, 1, 100].sort(),
  numeric: [10, 9, 1, 100, -5, 0.5].sort((a, b) => a - b), descending: [1, 2, 3].sort((a, b) => b - a),
  sorted, hasHole: 5 in sorted, thrown, self, like, bool: [3, 1, 2].sort((a, b) => a > b ? 1 : -1),
  local: ["b", "a", "C"].sort((a, b) => a.toLowerCase().localeCompare(b.toLowerCase())),
}
