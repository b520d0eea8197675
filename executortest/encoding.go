package executortest

var encodingTests = []test{
	{"texts become UTF-8", sources(textEncoder)},
	{"bytes become texts", sources(textDecoder)},
	{"bytes become texts part by part", sources(textDecoderStreams)},
	{"base64 is read and written", sources(base64Tests)},
}

var textEncoder = map[string]struct{ source, want string }{
	"encode":                  {`const e = new TextEncoder(); const b = e.encode("aé€😀\ud800"); return [e.encoding, b instanceof Uint8Array, ...b]`, `["utf-8",true,97,195,169,226,130,172,240,159,152,128,239,191,189]`},
	"nothing":                 {`const e = new TextEncoder(); return [e.encode().length, e.encode(undefined).length, e.encode(null).length]`, `[0,0,4]`},
	"encodeInto":              {`const b = new Uint8Array(9); const r = new TextEncoder().encodeInto("aé😀b", b.subarray(1, 7)); return [r, ...b]`, `[{"read":2,"written":3},0,97,195,169,0,0,0,0,0]`},
	"encodeInto with room":    {`const b = new Uint8Array(8); return new TextEncoder().encodeInto("aé😀b", b)`, `{"read":5,"written":8}`},
	"into something else":     {thrown(`new TextEncoder().encodeInto("a", new Uint16Array(1))`), `"TypeError"`},
	"into an ArrayBuffer":     {thrown(`new TextEncoder().encodeInto("a", new ArrayBuffer(1))`), `"TypeError"`},
	"of something else":       {thrown(`TextEncoder.prototype.encode.call({}, "a")`), `"TypeError"`},
	"there and back, at once": {`const text = "aé€😀".repeat(1e5); return new TextDecoder().decode(new TextEncoder().encode(text)) === text`, `true`},
}

var textDecoder = map[string]struct{ source, want string }{
	"UTF-8":                       {`return new TextDecoder().decode(new Uint8Array([97, 0xC3, 0xA9, 0xF0, 0x9F, 0x98, 0x80]))`, `"aé😀"`},
	"what it is of":               {`const b = new Uint8Array([97, 98, 99, 100]); const d = new TextDecoder(); return [d.decode(b.buffer), d.decode(b.subarray(1, 3)), d.decode(new DataView(b.buffer, 2)), d.decode(new Uint16Array(b.buffer, 2)), d.decode()]`, `["abcd","bc","cd","cd",""]`},
	"what is broken":              {`return new TextDecoder().decode(new Uint8Array([0xF0, 0x9F, 0x98, 97, 0xC0, 0x80, 0xED, 0xA0, 0x80, 0xE2, 0x82]))`, `"\ufffda\ufffd\ufffd\ufffd\ufffd\ufffd\ufffd"`},
	"what is broken and fatal":    {thrown(`new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xFF]))`), `"TypeError"`},
	"a mark":                      {`const b = new Uint8Array([0xEF, 0xBB, 0xBF, 97]); return [new TextDecoder().decode(b), new TextDecoder("utf-8", { ignoreBOM: true }).decode(b).length]`, `["a",2]`},
	"attributes":                  {`const d = new TextDecoder(" UTF8\n", { fatal: 1 }); return [d.encoding, d.fatal, d.ignoreBOM, new TextDecoder("latin1").encoding, new TextDecoder("unicode").encoding]`, `["utf-8",true,false,"windows-1252","utf-16le"]`},
	"a label that is none":        {thrown(`new TextDecoder("utf-9")`), `"RangeError"`},
	"a label of what is replaced": {thrown(`new TextDecoder("iso-2022-kr")`), `"RangeError"`},
	"a label in other letters":    {thrown(`new TextDecoder("\u212Aoi8-r")`), `"RangeError"`},
	"a label that is long":        {thrown(`new TextDecoder(" ".repeat(1e6) + "utf-8")`), `"RangeError"`},
	"UTF-16":                      {`return [new TextDecoder("utf-16le").decode(new Uint8Array([0xFF, 0xFE, 97, 0, 0x3D, 0xD8, 0, 0xDE])), new TextDecoder("utf-16be").decode(new Uint8Array([0, 97, 0xD8, 0, 0, 98, 1]))]`, `["a😀","a\ufffdb\ufffd"]`},
	"single bytes": {`return ["windows-1252", "koi8-r", "iso-8859-2", "macintosh", "iso-8859-8-i", "x-user-defined"].map((e) => new TextDecoder(e).decode(new Uint8Array([0x80, 0x93, 0xE1])))`,
		`["€“á","─⌠А","\u0080\u0093á","Äì·","\u0080\u0093ב","\uf780\uf793\uf7e1"]`},
	"East Asia": {`return [["shift_jis", 0x93, 0xFA], ["euc-jp", 0xC6, 0xFC], ["iso-2022-jp", 0x1B, 0x24, 0x42, 0x46, 0x7C], ["gbk", 0xC8, 0xD5], ["gb18030", 0x81, 0x30, 0x81, 0x30], ["big5", 0xA4, 0xE9], ["euc-kr", 0xEC, 0xED]].map(([e, ...b]) => new TextDecoder(e).decode(new Uint8Array(b)))`,
		`["日","日","日","日","\u0080","日","日"]`},
	"East Asia for private use": {`return [["gbk", 0xA8, 0xBC], ["gbk", 0x81, 0x35, 0xF4, 0x37], ["gb18030", 0xAA, 0xA1], ["gb18030", 0xFE, 0x59], ["shift_jis", 0xF0, 0x40]]
		.map(([label, ...bytes]) => new TextDecoder(label, {fatal: true}).decode(new Uint8Array(bytes)))`, `["\u1e3f","\ue7c7","\ue000","\u9fb4","\ue000"]`},
	"ASCII behind what is broken": {`return [["big5", 0x81, 60], ["shift_jis", 0x81, 60], ["euc-jp", 0x8F, 0xA1, 60], ["gbk", 0x81, 0x30, 0xFF], ["gb18030", 0x81, 0xFF, 60], ["euc-kr", 0x81]]
		.map(([label, ...bytes]) => new TextDecoder(label).decode(new Uint8Array(bytes)))`, `["\ufffd<","\ufffd<","\ufffd<","\ufffd0\ufffd","\ufffd<","\ufffd"]`},
	"what is broken in East Asia": {`return [new TextDecoder("shift_jis").decode(new Uint8Array([0xFF, 97])), new TextDecoder("iso-2022-jp").decode(new Uint8Array([0x1B, 0x24, 0x0E]))]`, `["\ufffda","\ufffd$\ufffd"]`},
	"and fatal":                   {thrown(`new TextDecoder("gbk", { fatal: true }).decode(new Uint8Array([0xFF]))`), `"TypeError"`},
	"something else":              {thrown(`new TextDecoder().decode("a")`), `"TypeError"`},
	"options that are none":       {thrown(`new TextDecoder("utf-8", 1)`), `"TypeError"`},
	"much of it":                  {`return new TextDecoder("windows-1252").decode(new Uint8Array(1e6).fill(0x80)) === "€".repeat(1e6)`, `true`},
}

var textDecoderStreams = map[string]struct{ source, want string }{
	"byte by byte": {`const bytes = { "utf-8": [0xEF, 0xBB, 0xBF, 0xC3, 0xA9, 0xF0, 0x9F, 0x98, 0x80], "utf-16le": [0xFF, 0xFE, 0xE9, 0, 0x3D, 0xD8, 0, 0xDE], "gb18030": [0xA8, 0xA6, 0x94, 0x39, 0xFC, 0x36], "iso-2022-jp": [0x1B, 0x24, 0x42, 0x46, 0x7C, 0x1B, 0x28, 0x42, 0x61] };
		return Object.entries(bytes).map(([e, list]) => { const d = new TextDecoder(e, { fatal: true }); return list.map((b) => d.decode(new Uint8Array([b]), { stream: true })).join("") + d.decode() })`,
		`["é😀","é😀","é😀","日a"]`},
	"a part that stays":       {`const d = new TextDecoder(); return [d.decode(new Uint8Array([0xE2, 0x82]), { stream: true }), d.decode(), d.decode(new Uint8Array([97]))]`, `["","\ufffd","a"]`},
	"a mark for each stream":  {`const d = new TextDecoder(); const b = new Uint8Array([0xEF, 0xBB, 0xBF, 97]); return [d.decode(b, { stream: true }), d.decode(b).length, d.decode(b)]`, `["a",2,"a"]`},
	"after an error":          {`const d = new TextDecoder("utf-8", { fatal: true }); try { d.decode(new Uint8Array([0xFF])) } catch {} return d.decode(new Uint8Array([97]))`, `"a"`},
	"what is changed after":   {`const d = new TextDecoder(), b = new Uint8Array([0xC3]); d.decode(b, { stream: true }); b[0] = 97; return d.decode(new Uint8Array([0xA9]))`, `"é"`},
	"options that are a text": {thrown(`new TextDecoder().decode(new Uint8Array(1), "stream")`), `"TypeError"`},
}

var base64Tests = map[string]struct{ source, want string }{
	"written":                {`return [btoa(""), btoa("a"), btoa("ab"), btoa("abc\u00ff"), btoa(null), btoa(12)]`, `["","YQ==","YWI=","YWJj/w==","bnVsbA==","MTI="]`},
	"read":                   {`return ["", "YQ==", "YQ", " Y\nW I = ", "YWJj/w=="].map(atob)`, `["","a","a","ab","abcÿ"]`},
	"what cannot be read":    {`return ["a", "YQ=", "YQ===", "=", "Y-_=", "YQ\u000b==", "é"].map((v) => { try { return atob(v) } catch (e) { return [e.name, e.code, e instanceof DOMException] } })`, `[["InvalidCharacterError",5,true],["InvalidCharacterError",5,true],["InvalidCharacterError",5,true],["InvalidCharacterError",5,true],["InvalidCharacterError",5,true],["InvalidCharacterError",5,true],["InvalidCharacterError",5,true]]`},
	"what is left of bits":   {`return atob("YR==")`, `"a"`},
	"what cannot be written": {thrown(`btoa("\u0100")`), `"InvalidCharacterError"`},
	"half a surrogate pair":  {thrown(`btoa("\ud800")`), `"InvalidCharacterError"`},
	"no argument":            {`return [atob, btoa].map((f) => { try { f() } catch (e) { return e.name } })`, `["TypeError","TypeError"]`},
	"a symbol":               {thrown(`btoa(Symbol())`), `"TypeError"`},
	"there and back":         {`const all = String.fromCharCode(...Array(256).keys()).repeat(1000); return atob(btoa(all)) === all`, `true`},
}
