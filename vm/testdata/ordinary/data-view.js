// Reading and writing binary records with DataView.
const view = new DataView(new ArrayBuffer(32), 4)
view.setInt8(0, -2); view.setUint8(1, 254); view.setInt16(2, -300); view.setUint16(4, 65000, true)
view.setInt32(6, -100000); view.setUint32(10, 4000000000, true); view.setFloat32(14, Math.PI); view.setFloat64(18, -Math.E, true)
const read = [view.getInt8(0), view.getUint8(1), view.getInt16(2), view.getUint16(4, true), view.getInt32(6), view.getUint32(10, true), view.getFloat32(14).toFixed(5), view.getFloat64(18, true)]
const bytes = [...new Uint8Array(view.buffer)]
const hex = bytes.map(b => b.toString(16).padStart(2, "0")).join("")
const thrown = []
for (const f of [() => view.getInt32(26), () => view.setInt8(-1, 0), () => new DataView({}), () => new DataView(new ArrayBuffer(2), 3), () => DataView(view.buffer)]) try { f(); thrown.push("none") } catch (e) { thrown.push(e.name) }
// A little archive: names and contents, with lengths in front.
function pack(files) {
  const size = files.reduce((n, [name, body]) => n + 6 + name.length + body.length, 2)
  const v = new DataView(new ArrayBuffer(size))
  let at = 0
  const text = s => { for (let i = 0; i < s.length; i++) v.setUint8(at++, s.charCodeAt(i)) }
  v.setUint16(at, files.length); at += 2
  for (const [name, body] of files) { v.setUint16(at, name.length); at += 2; v.setUint32(at, body.length, true); at += 4; text(name); text(body) }
  return v.buffer
}
function unpack(buffer) {
  const v = new DataView(buffer), files = []
  let at = 0
  const text = n => { let s = ""; for (; n > 0; n--) s += String.fromCharCode(v.getUint8(at++)); return s }
  const count = v.getUint16(at); at += 2
  for (let i = 0; i < count; i++) { const n = v.getUint16(at), m = v.getUint32(at + 2, true); at += 6; files.push([text(n), text(m)]) }
  return files
}
const files = [["a.txt", "hello"], ["empty", ""], ["b", "x".repeat(300)]]
const back = unpack(pack(files))
return {read, hex, thrown, same: JSON.stringify(back) === JSON.stringify(files), length: view.byteLength, offset: view.byteOffset}
