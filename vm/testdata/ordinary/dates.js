// Dates in UTC: parsing, arithmetic, formatting and calendars.
const d = new Date(Date.UTC(2024, 1, 29, 13, 5, 9, 7))
const out = [d.toISOString(), d.toJSON(), d.getTime(), d.getUTCDay(), d.getUTCMonth(), d.getUTCFullYear(), d.valueOf() === +d, typeof Date.now(), Date.UTC(2000), Date.length, new Date(NaN).getTime(), JSON.stringify({d}), JSON.stringify(new Date(NaN))]
out.push(["2024-02-29", "2024-02-29T10:00:00Z", "2024-02-29T10:00:00.123+02:00", "2023-02-30T00:00:00Z", "garbage", "+010000-01-01T00:00:00Z", "2024-13-01"].map(t => { const v = Date.parse(t); return Number.isNaN(v) ? "invalid" : v }))
const add = (date, n, unit) => { const r = new Date(date); if (unit === "day") r.setUTCDate(r.getUTCDate() + n); if (unit === "month") { const day = r.getUTCDate(); r.setUTCDate(1); r.setUTCMonth(r.getUTCMonth() + n); r.setUTCDate(Math.min(day, new Date(Date.UTC(r.getUTCFullYear(), r.getUTCMonth() + 1, 0)).getUTCDate())) } if (unit === "year") r.setUTCFullYear(r.getUTCFullYear() + n); return r.toISOString().slice(0, 10) }
out.push(add(d, 1, "day"), add(d, -60, "day"), add(new Date("2024-01-31"), 1, "month"), add(d, 1, "year"), add(d, 4, "year"))
const leap = y => new Date(Date.UTC(y, 1, 29)).getUTCMonth() === 1
out.push([1900, 2000, 2023, 2024].map(leap))
const pad = n => String(n).padStart(2, "0")
const format = (date, pattern) => pattern.replace(/YYYY|MM|DD|HH|mm|ss|dddd/g, k => ({YYYY: date.getUTCFullYear(), MM: pad(date.getUTCMonth() + 1), DD: pad(date.getUTCDate()), HH: pad(date.getUTCHours()), mm: pad(date.getUTCMinutes()), ss: pad(date.getUTCSeconds()), dddd: ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"][date.getUTCDay()]})[k])
out.push(format(d, "dddd, DD.MM.YYYY HH:mm:ss"))
const week = date => { const t = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate())); t.setUTCDate(t.getUTCDate() + 4 - (t.getUTCDay() || 7)); return Math.ceil(((t - Date.UTC(t.getUTCFullYear(), 0, 1)) / 864e5 + 1) / 7) }
out.push(["2024-01-01", "2023-01-01", "2020-12-31", "2024-12-30"].map(t => week(new Date(t))))
const calendar = (y, m) => { const first = new Date(Date.UTC(y, m, 1)).getUTCDay(), days = new Date(Date.UTC(y, m + 1, 0)).getUTCDate(), cells = [...Array(first).fill("  "), ...Array.from({length: days}, (_, i) => String(i + 1).padStart(2))], rows = []; while (cells.length) rows.push(cells.splice(0, 7).join(" ")); return rows }
out.push(calendar(2024, 1))
const workdays = (from, to) => { let n = 0; for (let t = Date.parse(from); t <= Date.parse(to); t += 864e5) { const day = new Date(t).getUTCDay(); if (day % 6) n++ } return n }
const age = (born, at) => { const [a, b] = [new Date(born), new Date(at)]; let y = b.getUTCFullYear() - a.getUTCFullYear(); if (b.getUTCMonth() < a.getUTCMonth() || b.getUTCMonth() === a.getUTCMonth() && b.getUTCDate() < a.getUTCDate()) y--; return y }
out.push(workdays("2024-01-01", "2024-01-31"), age("1990-06-15", "2024-06-14"), age("1990-06-15", "2024-06-15"))
const s = new Date(0)
out.push([s.setUTCHours(25), s.setUTCMonth(14), s.setUTCMilliseconds(-1), s.setTime(5), s.setUTCDate(0), s.setUTCMinutes(90, 30, 5)], s.toISOString())
for (const f of [() => new Date(NaN).toISOString(), () => new Date(8.64e15 + 1).getTime(), () => Date.prototype.getTime.call({}), () => new Date(2020, 0, 1, 12) - new Date(2020, 0, 1), () => new Date("2024-01-01") < new Date("2024-01-02"), () => typeof (new Date(0) + 1), () => typeof Date(), () => new Date(new Date(5)).getTime(), () => new Date(99, 0).getFullYear()]) try { const v = f(); out.push(Number.isNaN(v) ? "NaN" : v) } catch (e) { out.push(e.name) }
return out
