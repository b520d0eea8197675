// BigInt64Array, BigUint64Array and DataView.
const signed = new BigInt64Array([1n, -1n, 2n ** 63n - 1n, 2n ** 63n])
const unsigned = new BigUint64Array(signed.buffer)
const view = new DataView(new ArrayBuffer(16))
view.setBigInt64(0, -2n)
view.setBigUint64(8, 2n ** 64n - 1n, true)
const bytes = [...new Uint8Array(view.buffer)]
const sorted = BigInt64Array.of(5n, -3n, 4n).sort()
const from = BigUint64Array.from([1, 2, 3], BigInt)
const sum = from.reduce((a, b) => a + b, 0n)
const thrown = []
for (const f of [() => new BigInt64Array([1]), () => signed.fill(1), () => { signed[0] = 1 }, () => new Uint8Array([1n])]) {
  try { f(); thrown.push("none") } catch (e) { thrown.push(e.name) }
}
signed.set([7n, 8n], 1)
const hash = text => {
  let h = 0xcbf29ce484222325n
  for (let i = 0; i < text.length; i++) h = BigInt.asUintN(64, (h ^ BigInt(text.charCodeAt(i))) * 0x100000001b3n)
  return h.toString(16)
}
const xorshift = seed => () => { seed ^= BigInt.asUintN(64, seed << 13n); seed ^= seed >> 7n; seed ^= BigInt.asUintN(64, seed << 17n); return seed }
const next = xorshift(88172645463325252n)
const texts = v => [...v].map(String)
return {
  signed: texts(signed), unsigned: texts(unsigned), bytes, read: [view.getBigUint64(0), view.getBigInt64(8, true)].map(String),
  sorted: texts(sorted), from: texts(from), sum: String(sum), thrown, size: BigInt64Array.BYTES_PER_ELEMENT, sub: texts(signed.subarray(1, 3)),
  index: signed.indexOf(7n), has: signed.includes(8n), hash: hash("hello"), random: [next(), next(), next()].map(String), join: from.join("/"),
  map: texts(from.map(n => n * n)), filter: texts(from.filter(n => n > 1n)), same: signed.length,
}
