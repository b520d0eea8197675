// A CSV reader and writer with quotes, and totals by column.
function parse(text, separator = ",") {
  const rows = [[""]]
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i], row = rows[rows.length - 1]
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') { row[row.length - 1] += '"'; i++ } else if (c === '"') quoted = false
      else row[row.length - 1] += c
      continue
    }
    switch (c) {
      case '"': quoted = true; break
      case separator: row.push(""); break
      case "\r": if (text[i + 1] === "\n") i++
      case "\n": rows.push([""]); break
      default: row[row.length - 1] += c
    }
  }
  if (rows.at(-1).length === 1 && rows.at(-1)[0] === "") rows.pop()
  return rows
}
const write = rows => rows.map(r => r.map(f => /[",\n]/.test(f) ? `"${String(f).replace(/"/g, '""')}"` : f).join(",")).join("\n")
const text = 'id,name,amount\r\n1,"Smith, J.",10.50\n2,"said ""hi""",7\n3,"two\nlines",-2.25\n'
const [head, ...body] = parse(text)
const records = body.map(r => Object.fromEntries(head.map((h, i) => [h, r[i]])))
const total = records.reduce((s, r) => s + Number(r.amount), 0)
const large = [["a", "b"], ...Array.from({length: 500}, (_, i) => [i, `v"${i}`])]
const again = parse(write(large))
return {records, total, back: write(parse(text)) === text.replace("\r", "").trim(), again: again.length, last: again.at(-1), semi: parse("a;b\n;c", ";"), empty: parse("")}
