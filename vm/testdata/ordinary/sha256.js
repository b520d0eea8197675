// SHA-256 and MD5 by hand.
const primes = (() => { const p = []; for (let n = 2; p.length < 64; n++) if (p.every(q => n % q)) p.push(n); return p })()
const fraction = x => (x - Math.floor(x)) * 2 ** 32 | 0
const K = primes.map(p => fraction(Math.cbrt(p)))
const start = primes.slice(0, 8).map(p => fraction(Math.sqrt(p)))
const rotate = (x, n) => x >>> n | x << 32 - n
function sha256(text) {
  const bytes = [...text].map(c => c.charCodeAt(0)), length = bytes.length * 8
  bytes.push(0x80)
  while (bytes.length % 64 !== 56) bytes.push(0)
  for (let i = 7; i >= 0; i--) bytes.push(Math.floor(length / 256 ** i) & 255)
  const view = new DataView(Uint8Array.from(bytes).buffer), hash = Int32Array.from(start), w = new Int32Array(64)
  for (let at = 0; at < bytes.length; at += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getInt32(at + 4 * i)
    for (let i = 16; i < 64; i++) { const x = w[i - 15], y = w[i - 2]; w[i] = w[i - 16] + (rotate(x, 7) ^ rotate(x, 18) ^ x >>> 3) + w[i - 7] + (rotate(y, 17) ^ rotate(y, 19) ^ y >>> 10) }
    let [a, b, c, d, e, f, g, h] = hash
    for (let i = 0; i < 64; i++) {
      const t1 = h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + (e & f ^ ~e & g) + K[i] + w[i] | 0
      const t2 = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + (a & b ^ a & c ^ b & c) | 0
      ;[h, g, f, e, d, c, b, a] = [g, f, e, d + t1 | 0, c, b, a, t1 + t2 | 0]
    }
    ;[a, b, c, d, e, f, g, h].forEach((v, i) => { hash[i] += v })
  }
  return [...hash].map(v => (v >>> 0).toString(16).padStart(8, "0")).join("")
}
return {empty: sha256(""), abc: sha256("abc"), long: sha256("a".repeat(200)), known: sha256("abc") === "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}
