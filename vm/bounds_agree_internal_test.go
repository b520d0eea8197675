package vm

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dop251/goja/parser"
	"github.com/stretchr/testify/require"
)

// sources are valid and invalid code in which the parser has to go back, to guess, or to decide what a slash is.
var sources = []string{
	"()=>1", "(a)=>1", "(a,)=>1", "(a,b)=>1", "(...a)=>1", "(a,...b)=>1", "(a,...b,)=>1", "(a,...[b,c])=>1", "(...{a})=>1",
	"({a,b=1,...c},[d,...e]=[])=>1", "(a=(b)=>b)=>a", "(...a)", "()", "(a,)", "(a,).b", "f((...a)=>a)",
	"f(...a,)", "f(,)", "(a=(...b)=>b,...c)=>1", "((...a)=>a)()", "-(...a)", "(()=>{})()", "async()=>1", "async(a,)=>1", "async(...a)=>1",
	"async(a,...b)=>1", "async a=>1", "async(a)", "async(...a)", "async\n(a)=>1", "async x\n=>1", "(async)=>1", "async=>1", "async async=>1",
	"function*f(){yield}", "function*f(){(yield)}", "function*f(){[yield]}", "function*f(){g(yield,yield)}", "function*f(){a?yield:yield}",
	"function*f(){yield yield 1}", "function*f(){yield*a}", "function*f(){yield\n1}", "function*f(){yield/1/}", "function*f(){yield 1+=1}",
	"function*f(){({a:yield})}", "function*f(){`${yield}`}", "function*f(){yield in a}", "function*f(){for(var i=yield in a);}",
	"a=b/c/d", "a=/b/", "{}/a/.test(b)", "({})/a/g", "if(a)/b/.test(c)", "(a)/b/c", "a++/b/c", "a.if/b/c", "x=function(){}/a/g", "/[/]/", "/a",
	"/a/g.b", "`${/}/}`", "`a${`b${c}`}`", "`", "`${", "`${a", "a`b${c}d`", "a?.b`c`", "a?.[b]?.(c)", "a?.1:2", "a??b", "a||b??c", "(a||b)??c",
	"<!--\n", "-->\n", "a-->b", "#!a", "let a", "let\na", "let[a]=b", "for(let of a);", "for(let a of b);", "for(a.b in c);", "for([a]of b);",
	"for(let a=1 in b);", "for(;;);", "[a,b]=c", "[a,...b]=c", "[...a,b]=c", "({a:b}=c)", "({a}=b)", "({a=1})", "({a=1}=b)", "(a)=1", "([a])=1",
	"a:b:c", "a:a:b", "a:{break a}", "break", "continue a", "return", "throw\na", "try{}", "try{}catch{}", "switch(a){case 1:default:b}",
	"class A{a;b=1;static c;#d;get e(){}static{f}async*g(){}}", "class A extends B{constructor(){super()}}", "class{}", "class A{constructor;}",
	"class A extends(){}", "class A extends (b,){}", "new.target", "new a.b(c)", "new a?.b", "2**-1", "-2**1", "(-2)**1", "0x", "1_000", "1__0", "08", "1n", "1.5n",
	"'a\nb'", "'\\u{110000}'", "\\u0061", "a\\u{2028}", "'use strict';with(a)b", "var a=1,b", "var{a}", "const{a}=b", "if(a)function f(){}",
	"a\n++b", "a++\nb", "do a;while(b)c", "var a\u2028b", "await a", "(await)=>1", "await=>1", "super.a", "({a(){super.b}})", "({get a(b){}})",
	"[(a),(b.c)]=d", "[...(a)]", "[...(a)]=b", "((a))=>1", "(a,(b))=>1", "#a", "a=/[", "({a:(b)}=c)", "(a)++", "((a).b)=c", "1_000.5", "0_0", "0_0.5", "0.5", "0n", "0", "0e1", "1.e1", "1..a", "0.a", "5.", ".1_0", "0x1_f", "1_000n", "0777", "089", "00n", "0b2", "1__0", "1_",
	"(x,[a=1]=[])=>1", "([a=1]=[])=>1", "({a=1}={})=>1", "(x,{a=1}={})=>1", "(x,{a:{b=1}}={})=>1", "(...[a=(p,[q=1]=[])=>0])=>0", "(...[a=(b)=c])=>1",
	"(...a,b)=>1", "(...a=1)=>1", "(0)+(b)=>1", "(a)(b)=>1", "async(a)(b)=>1", "(a)[b]=>1", "[a]=>1", "a+b=>1", "async(a=await b)=>1", "(a=await b)=>1",
	"function*f(){(a=yield)=>1}", "async(a=await)=>1", "for(let f=(a=b in c)=>1;;);", "for(let f=()=>{a in b};;);", "for(a=b?c in d:e;;);", "for(`${a in b}`;;);",
	"class A{static prototype(){}}", "class A{get constructor(){}}", "class A{static constructor(){}}", "class A{#constructor(){}}", "class A{get\nb(){}}",
	"class A{delete\nb}", "class A{a\nb}", "class A{a=1,2\nb}", "class A{static{await}}", "class A{async\na(){}}", "class A{static async*a(){}}", "#a in b", "1+#a in b",
	"#a in b<c", "a<#b in c", "a&&#b in c in d", "a==#b in c<d", "a&&#b in c==d", "({get a(){}})", "({set a(b,c){}})", "({async a(){}})", "({async*a(){}})", "({*a(){}})", "({a=1}={})", "({get})", "({get:1})", "({get(){}})",
	"({async})", "({if:1})", "({if})", "({'a'})", "({...a,b}=c)", "({...a.b}=c)", "({...a,}=b)", "[...a,]=b", "[...a/*,*/]=b", "a=>{}\n/b/", "a=>b\n/c/d", "if(a)let\nb",
	"if(a)let[b]=1", "if(a)class B{}", "if(a)const b=1", "for(const a,b;;);", "for(let[a];;);", "for(var a=1 of b);", "for((a)of b);", "for(a()of b);", "switch(a){default:default:}",
	"super()", "class A{b=super.c}", "`\\u`", "a`\\u`", "`\\1`", "`\\0`", "'\\u{0}'", "'\\x4'", "/a/in b", "/a/ g", "/[/]\n/", "/\\\n/", "static\na", "await\na", "async\nfunction f(){}",
	"yield\na", "a:yield:b", "\\u0061:a:b", "\\u0069f(a)b", "a.\\u0069f", "throw", "do;while(a)b", "do a\nwhile(b)c", "do a\n;while(b)c", "do debugger\n;while(a)", "if(a)return\n;else b", "do x:break x\n;while(a)", "a?.`b`", "a?.b=c", "a?.b++", "new a?.b()", "new.target=1", "delete a**b",
	"(-a)**b", "a**-b", "++a**b", "a&&b??c", "a??b&&c", "(a&&b)??c", "(a)&&b??c", "a?b:c=d", "a=b?c:d", "let=1", "let\nlet=1", "of=1", "x=async", "x=async\n(a)", "x=async\na",
}

func TestWhatIsLetThroughIsWhatTheParserAccepts(t *testing.T) {
	for _, inner := range sources {
		for _, around := range surroundings {
			agree(t, strings.Replace(around, "@", inner, 1), false)
		}
	}
}

func TestWhatTheParserAcceptsIsLetThrough(t *testing.T) {
	for _, inner := range sources {
		if _, ok := stricter[inner]; !ok {
			agree(t, inner, true)
		}
	}
}

// stricter are the sources that the parser accepts and checkBounds does not. No language of today has them, except for
// the spread in brackets.
var stricter = map[string]struct{}{
	"((a))=>1": {}, "(a,(b))=>1": {}, "[...(a)]=b": {}, "class A{#constructor(){}}": {}, "(a)&&b??c": {}, "#a": {}, "a=/[": {},
}

// surroundings change what the code in the place of @ means.
var surroundings = []string{
	"@", "@;z", "(@)", "x=[@\n]", "async function f(){@\n}", "function*f(){@\n}", "async function*f(){@}", "function f(){@}", "(...[@])=>1", "(a,[@]=b)=>1", "(a,@)=>1",
	"async(@)=>1", "for(@;;);", "for(@)x;", "class A{@}", "({@})", "({@}=1)", "let{@}=1", "let[@]=1", "[@]=1", "function f(@){}", "switch(a){@}", "for(;;){@}", "x=`${@}`",
	"function*f(){(@)=>1}", "function*f(){async(@)=>1}", "(a=@)=>1", "if(a)@", "if(a)@\nelse b", "async()=>@", "()=>{@}", "class A{static{@}}", "class A{a=@}", "do @\nwhile(a)", "x:@",
}

func TestWhatIsLetThroughOfRandomTokensIsWhatTheParserAccepts(t *testing.T) {
	tokens := strings.Split("( ( ) ) [ ] { } , , ... => => = a b async yield await function function* () ( ) / /x/ ` ${ + - ++ ! ? : . ?. in of let var for if ; \n 'a' 1 "+
		"class extends new static get set const #a super this ** ?? || && += return throw break continue case default switch while do with try catch finally typeof delete "+
		"void instanceof else constructor prototype null x: a: target /* \n*/ // 1n 0x1 1_0 1e5 enum debugger [a]= ({a}) (a)=> ( ) ) } } "+
		"\\u0061 aw\\u0061it \\u{79}ield l\\u0065t i\\u0066 \\u{ 'a\\x4' '\\u{61}' '\\\n' \" ' ` `a` `\\u` }` \u2028 \u00a0 \ufeff /[/]/g /a/u /= <!-- --> .5 5. 0 0_ 08 07 1e #! .. "+
		"/*\n*/ /**/ é 日 😀 \x00 @ \\ ~ >>>= **= ??= ( ) [ ] { }", " ")
	random := seeded(t)
	for range 200_000 {
		var b strings.Builder
		for range 1 + random.IntN(9) {
			b.WriteString(tokens[random.IntN(len(tokens))])
			b.WriteString([]string{"", " ", " ", " ", " ", "\n"}[random.IntN(6)])
		}
		agree(t, strings.Replace(surroundings[random.IntN(len(surroundings))], "@", b.String(), 1), false)
		if t.Failed() {
			return
		}
	}
}

var words = regexp.MustCompile(`[A-Za-z_$#0-9]+|\s+|=>|[^A-Za-z0-9\s]`)

func TestWhatIsLetThroughOfChangedSourcesIsWhatTheParserAccepts(t *testing.T) {
	var all [][]string
	var pool []string
	for _, text := range append(ordinarySources(t), sources...) {
		all = append(all, words.FindAllString(text, -1))
		pool = append(pool, all[len(all)-1]...)
	}
	random := seeded(t)
	for range 20_000 {
		part := append([]string{}, all[random.IntN(len(all))]...)
		part = part[random.IntN(1+len(part)/2):]
		for range random.IntN(3) {
			i, j := random.IntN(len(part)), random.IntN(len(part))
			switch random.IntN(3) {
			case 0:
				part[i] = pool[random.IntN(len(pool))]
			case 1:
				part[i] = ""
			case 2:
				part[i], part[j] = part[j], part[i]
			}
		}
		if text := strings.Join(part, ""); utf8.ValidString(text) {
			agree(t, text, false)
		}
		if t.Failed() {
			return
		}
	}
}

func TestOrdinarySourcesAreLetThrough(t *testing.T) {
	for _, text := range ordinarySources(t) {
		_, message := checkBounds(text)
		require.Empty(t, message, text)
		require.NoError(t, enginesError(text))
	}
}

// ordinarySources are programs as people write them.
func ordinarySources(t *testing.T) (texts []string) {
	t.Helper()
	files, err := filepath.Glob("testdata/ordinary/*.js")
	require.NoError(t, err)
	for _, name := range files {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		texts = append(texts, string(text))
	}
	return texts
}

func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// errPanic says that the engine's parser panicked, which ends it as well as an error does.
var errPanic = errors.New("panic")

// agree fails when checkBounds lets a text through that the parser refuses, or, when both is set, the other way round.
// What is refused may take the parser forever, so only both gives it that.
func agree(t *testing.T, text string, both bool) {
	t.Helper()
	at, message := checkBounds(text)
	if message != "" && !both {
		return
	}
	err := enginesError(text)
	if message == "" && err != nil && !errors.Is(err, errPanic) {
		t.Errorf("let through: %q\nparser: %v", text, err)
	}
	if message != "" && err == nil {
		t.Errorf("refused: %q\nat %d: %s", text, at, message)
	}
}

func enginesError(text string) (err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("%w: %v", errPanic, x)
		}
	}()
	_, err = parser.ParseFile(nil, "", wrapperPrefix+text+wrapperSuffix, 0, parser.WithDisableSourceMaps)
	return err
}
