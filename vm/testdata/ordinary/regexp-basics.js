// exec, test, lastIndex, flags, classes and groups.
const out = []
const date = /(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)/
const m = date.exec("on 2024-02-29 and later")
out.push(m.index, m[0], m[1], {...m.groups}, m.input.length)
const words = /\b(\w)(\w*)\b/g
let step
while ((step = words.exec("one two three")) !== null) out.push([step[1], step[2], words.lastIndex])
const sticky = /\d+/y
out.push(sticky.test("12 34"), sticky.lastIndex, sticky.test("12 34"), sticky.lastIndex)
sticky.lastIndex = 3
out.push(sticky.exec("12 34")[0])
out.push(/a.c/s.test("a\nc"), /a.c/.test("a\nc"), /^b/m.test("a\nb"), /É/i.test("é"), /\u{1F600}/u.test("😀"), /^.$/u.test("😀"), /^.$/.test("😀"))
out.push(/(?=.*\d)(?=.*[a-z]).{4,}/.test("abc1"), /(?!foo)bar/.test("foobar"), /(?<=\$)\d+/.exec("cost $42")[0], /(?<!\$)\b\d+/.exec("$42 17")[0])
out.push(/(a)|(b)/.exec("b"), /(\w+) \1/.test("hey hey"), /(?<x>.)\k<x>/.test("aa"), /[^]/.test("\n"), /\cJ/.test("\n"), /[\b]/.test("\b"))
out.push(/a{2,3}?/.exec("aaaa")[0], /(?:ab)+/.exec("ababx")[0], /x*/.exec("y")[0], /[a-f\d]+/i.exec("zDEAD1")[0])
const r = new RegExp("a/b\\d", "gimsuy".replace("y", ""))
out.push(r.source, r.flags, String(r), r.global, r.sticky, new RegExp(/x/g, "i").flags)
return out
