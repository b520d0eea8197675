// All kinds of typed arrays and their conversions.
const kinds = [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array]
const table = kinds.map(K => {
  const a = new K([1.5, -1, 300, 70000, NaN, 4294967297])
  return [K.name, K.BYTES_PER_ELEMENT, [...a].map(v => Number.isNaN(v) ? "NaN" : v), a.byteLength, K.of(3, 1, 2).sort().join(), K.from([..."123"]).reverse().join(), Object.prototype.toString.call(a)]
})
const buffer = new ArrayBuffer(16)
const words = new Uint32Array(buffer, 4, 2)
words.set([0xdeadbeef, 1])
const bytes = new Uint8Array(buffer)
const sub = bytes.subarray(4, 8)
sub[0] = 0
const a = Int16Array.from({length: 6}, (_, i) => i * i - 5)
const out = {
  table, bytes: [...bytes], word: words[0], shared: sub.buffer === buffer, offset: [sub.byteOffset, words.byteOffset, words.length],
  map: [...a.map(v => v * 2)], filter: [...a.filter(v => v > 0)], slice: [...a.slice(-2)], find: a.find(v => v > 0), index: a.findLastIndex(v => v < 0),
  fill: [...new Int8Array(4).fill(7, 1, 3)], copy: [...Uint8Array.of(1, 2, 3, 4, 5).copyWithin(0, 3)], reduce: a.reduce((x, y) => x + y), some: a.some(v => v === 4),
  join: a.join(), at: a.at(-1), entries: [...a.subarray(0, 2).entries()], sorted: [...a.toSorted((x, y) => y - x)], with: [...a.with(0, 99)], rev: [...a.toReversed()],
  float: [...Float64Array.of(3, -0, 0, NaN, -1).sort()].map(v => Object.is(v, -0) ? "-0" : String(v)), json: a, keys: Object.keys(a), in: [2 in a, 9 in a, "-0" in a],
  lastIndexOf: a.lastIndexOf(4), includes: Float32Array.of(NaN).includes(NaN), clamped: [...new Uint8ClampedArray([300, -5, 1.5, 2.5])], sliced: new Uint8Array(buffer.slice(4, 6)).length,
}
delete out.json
a.set(a.subarray(0, 3), 2)
out.overlap = [...a]
const thrown = []
for (const f of [() => new Uint32Array(buffer, 1), () => new Uint8Array(-1), () => a.set([1], 9), () => Int8Array(1), () => a.with(50, 1), () => new Uint16Array(new ArrayBuffer(3))]) try { f(); thrown.push("none") } catch (e) { thrown.push(e.name) }
class Pixels extends Uint8Array { get red() { return this[0] } }
const pixels = new Pixels([9, 8, 7])
out.pixels = [pixels.red, pixels.map(x => x + 1) instanceof Pixels, pixels.subarray(1).red, ArrayBuffer.isView(pixels)]
return {...out, thrown}
