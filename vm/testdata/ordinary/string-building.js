// Megabytes of text, made in several ways.
let text = ""
for (let i = 0; i < 2500; i++) text += "0123456789".repeat(40) + i % 10
const parts = []
for (let i = 0; i < 20000; i++) parts.push("line " + i)
const joined = parts.join("\n")
let wide = ""
for (let i = 0; i < 20000; i++) wide += i % 3 ? "é" : "😀"
let front = ""
for (let i = 0; i < 2000; i++) front = String.fromCharCode(97 + i % 26) + front
let template = ""
for (let i = 0; i < 5000; i++) template = `${template}<${i}>`
let hash = 0
for (let i = 0; i < joined.length; i++) hash = (hash * 31 + joined.charCodeAt(i)) | 0
const object = {text: "", n: 0}
for (let i = 0; i < 3000; i++) { object.text += i; object["n"] += i }
const doubled = ["x"]
for (let i = 0; i < 16; i++) doubled[0] += doubled[0]
const counts = {}
for (const c of "the quick brown fox jumps over the lazy dog") counts[c] = (counts[c] || 0) + 1
return {
  length: text.length, end: text.slice(-12), joined: joined.length, hash, wide: wide.length, points: [...wide].length,
  front: front.slice(0, 30), template: template.slice(-15), templateLength: template.length, object: object.text.length, n: object.n,
  doubled: doubled[0].length, repeated: "ab".repeat(50000).length, counts, last: text.lastIndexOf("0"), at: wide.indexOf("😀", 10),
}
