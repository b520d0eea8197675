// base64, UTF-8, hex, percent encoding and CRC32 by hand.
const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
function utf8(text) {
  const out = []
  for (const ch of text) {
    const c = ch.codePointAt(0)
    if (c < 0x80) out.push(c)
    else if (c < 0x800) out.push(0xc0 | c >> 6, 0x80 | c & 63)
    else if (c < 0x10000) out.push(0xe0 | c >> 12, 0x80 | c >> 6 & 63, 0x80 | c & 63)
    else out.push(0xf0 | c >> 18, 0x80 | c >> 12 & 63, 0x80 | c >> 6 & 63, 0x80 | c & 63)
  }
  return Uint8Array.from(out)
}
function fromUtf8(bytes) {
  let text = ""
  for (let i = 0; i < bytes.length;) {
    const b = bytes[i++], more = b < 0x80 ? 0 : b < 0xe0 ? 1 : b < 0xf0 ? 2 : 3
    let c = more ? b & 0x3f >> more : b
    for (let k = 0; k < more; k++) c = c << 6 | bytes[i++] & 63
    text += String.fromCodePoint(c)
  }
  return text
}
function base64(bytes) {
  let out = ""
  for (let i = 0; i < bytes.length; i += 3) { const [a, b = 0, c = 0] = bytes.subarray(i, i + 3), n = a << 16 | b << 8 | c; for (let k = 3; k >= 0; k--) out += alphabet[n >> 6 * k & 63] }
  const pad = (3 - bytes.length % 3) % 3
  return out.slice(0, out.length - pad) + "=".repeat(pad)
}
function unbase64(text) { const out = []; let n = 0, bits = 0; for (const c of text.replace(/=+$/, "")) { n = n << 6 | alphabet.indexOf(c); bits += 6; if (bits >= 8) { bits -= 8; out.push(n >> bits & 255) } } return Uint8Array.from(out) }
const table = Uint32Array.from({length: 256}, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? n >>> 1 ^ 0xedb88320 : n >>> 1; return n })
const crc32 = bytes => (bytes.reduce((c, b) => table[(c ^ b) & 255] ^ c >>> 8, -1) ^ -1) >>> 0
const adler = bytes => { let a = 1, b = 0; for (const x of bytes) { a = (a + x) % 65521; b = (b + a) % 65521 } return (b << 16 | a) >>> 0 }
const texts = ["", "a", "ab", "abc", "héllo", "日本語", "😀 mixed ß", "x".repeat(1000)]
const out = texts.map(t => { const bytes = utf8(t), encoded = base64(bytes); return [encoded.slice(0, 40), fromUtf8(unbase64(encoded)) === t, bytes.length, crc32(bytes), adler(bytes)] })
const hex = [...utf8("é€")].map(b => b.toString(16).padStart(2, "0")).join(" ")
const escapes = [encodeURIComponent("a b&c=d/é😀"), decodeURIComponent("%C3%A9%20%F0%9F%98%80"), encodeURI("http://x.y/a b?q=é#h"), escape("é €"), unescape("%E9%20%u20AC"), (() => { try { encodeURIComponent("\ud800") } catch (e) { return e.name } })()]
return {out, hex, escapes}
