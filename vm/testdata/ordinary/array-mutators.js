// Methods that change an array, their return values, and the copies of newer ones.
const log = []
const a = [1, 2, 3]
log.push(a.push(4, 5), a.pop(), a.shift(), a.unshift(0, 0.5), a.slice())
log.push(a.splice(1, 2, "x", "y", "z"), a.slice(), a.splice(-1), a.splice(1, 0), a.slice())
log.push([1, 2, 3, 4, 5].copyWithin(0, 3), [1, 2, 3, 4, 5].copyWithin(1, -2, -1), new Array(3).fill(7, 1), [3, 2, 1].reverse())
const original = [3, 1, 2]
log.push(original.toSorted(), original.toReversed(), original.toSpliced(1, 1, 8, 9), original.with(-1, 0), original)
try { original.with(5, 0) } catch (e) { log.push(e.name) }
log.push(original.at(-1), original.at(9) === undefined, original.indexOf(1), original.lastIndexOf(2, -2), original.includes(2))
log.push([NaN].includes(NaN), [NaN].indexOf(NaN), [[1, [2, [3, [4]]]]].flat(), [1, [2, [3, [4]]]].flat(Infinity))
log.push([1, 2].concat([3], 4, [[5]]), [1, , 3].concat([, 2]).length, [0, 1, 2].join("-"), [null, undefined, 1].join())
const short = [1, 2, 3, 4]
short.length = 2
short[4] = "end"
log.push(short.length, 2 in short, short)
log.push(Array.of(7, 8), Array.from("hey"), Array.from({length: 3}, (_, i) => i * i), Array.from(new Set([1, 1, 2])), Array.isArray([]), Array.isArray({length: 0}))
const entries = []
for (const [i, v] of ["a", "b"].entries()) entries.push(i + v)
log.push(entries, [...["a", "b"].keys()], [...["a", "b"].values()])
const frozen = Object.freeze([1])
try { frozen.push(2) } catch (e) { log.push(e.name, frozen) }
return log
