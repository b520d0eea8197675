package vm

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// productions make programs, most of which are nearly right: S is a statement, E an expression, P a pattern and M a
// member of a class.
var productions = map[byte][]string{
	'S': {
		"E;", "E\n", ";", "{S S}", "if(E)S", "if(E)S else S", "for(P of E)S", "for(P in E)S", "for(let P of E)S", "for(var P in E)S", "for(E;E;E)S", "for(const P=E;;)S",
		"while(E)S", "do S while(E)", "let P=E;", "let P=E,P=E\n", "const P=E\n;", "var P;", "return E\n", "return\n", "throw E;", "try{S}catch(P){S}", "try{S}finally{S}",
		"switch(E){case E:S S default:S}", "function f(P,P){S}", "async function f(P){S}", "function*f(P){S S}", "async function*f(){S}", "class A extends E{M M}", "x:S", "break\n",
		"break x;", "continue;", "with(E)S", "debugger\n;", "yield E\n", "await E\n", "S S",
	},
	'E': {
		"a", "a", "1", "'a'", "/a/g", "this", "(E)", "[E,E]", "[...E]", "({a:E})", "({a,...E})", "({a(){S}})", "({get a(){S}})", "({[E]:E})", "({a=E})", "E+E", "E/E", "E=E", "P=E",
		"E+=E", "(P)=>E", "(P,P)=>E", "(P,P)=>{S}", "(...P)=>E", "(P,...P)=>E", "(P,)=>E", "()=>E", "async(P)=>E", "async(P,...P)=>{S}", "async a=>E", "a=>E", "yield E", "yield", "yield*E",
		"await E", "E?E:E", "f(E,...E)", "f()", "new E", "new E(E)", "`a${E}b`", "E`${E}`", "function(P){S}", "function*(P){S}", "async function(P){S}", "class{M}", "class extends E{M}",
		"E in E", "E<E", "E??E", "E||E", "E&&E", "-E", "!E", "typeof E", "E**E", "E.a", "E[E]", "E?.a", "E?.[E]", "E?.(E)", "++E", "E++", "E,E", "super.a", "new.target", "#a in E", "await", "async",
		"let", "static", "E\n(E)", "E\n++\nE", "(E,E)", "((E))",
	},
	'P': {"a", "a", "a", "[P]", "[P,P]", "[P=E]", "[,P]", "[...P]", "{a:P}", "{a:P=E}", "{a}", "{a=E}", "{a,...P}", "P=E", "(a)", "a.b", "E", "await", "yield"},
	'M': {"a=E;", "a\n", "static a=E\n", "a(P){S}", "get a(){S}", "set a(P){S}", "async a(){S}", "*a(P){S}", "async*a(){S}", "static{S}", "#a=E;", "[E](){S}", "constructor(){S}", "static async a(){S}", ";", "get\n", "static\n"},
}

// derive writes a random derivation of a symbol.
func derive(b *strings.Builder, random *rand.Rand, symbol byte, height int) {
	all := productions[symbol]
	if height <= 0 {
		all = all[:1]
	}
	text := all[random.IntN(len(all))]
	if height <= 0 && symbol == 'S' {
		text = ";"
	}
	for i := range len(text) {
		if _, ok := productions[text[i]]; ok {
			derive(b, random, text[i], height-1)
		} else {
			b.WriteByte(text[i])
		}
	}
}

func TestWhatIsLetThroughOfRandomProgramsIsWhatTheParserAccepts(t *testing.T) {
	random := seeded(t)
	passed := 0
	for range 100_000 {
		var b strings.Builder
		derive(&b, random, 'S', 1+random.IntN(6))
		text := b.String()
		if random.IntN(4) == 0 {
			text = breakText(random, text)
		}
		if len(text) > 2000 {
			continue
		}
		text = strings.Replace(surroundings[random.IntN(len(surroundings))], "@", text, 1)
		agree(t, text, false)
		if _, message := checkBounds(text); message == "" {
			passed++
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d were let through", passed)
}
