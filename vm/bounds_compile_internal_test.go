package vm

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/dop251/goja"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

func TestWhatIsKeptApartMeansTheSame(t *testing.T) {
	for _, expression := range []string{
		"1+2+3", "'a'+'b'+1+2", "1+(2+3)*4-5%3", "1&&2&&3", "0||''||'x'", "null??undefined??1", "!(0||0)", "- -1", "-(-(2**2))", "typeof typeof 1",
		"typeof(typeof x)", "2**3**2", "1<2<3", "'b' in o == !1", "5n*3n+2n", "-5n+(-3n)", "1n<<3n<<2n", "void 0 ?? 1", "~~5", "1+-1",
		"o.f()", "o.o.o.f()", "o?.f()", "o?.o?.o?.f()", "o?.[\"f\"]()", "o?.o?.[\"o\"].f?.()", "n?.a?.b?.c", "n?.[0]?.()", "o.g?.()?.()?.()", "o.g()()()",
		"delete o?.x?.y", "delete o.o.z", "(()=>{try{n?.a.b.c;return n.a}catch(e){return e.constructor.name}})()", "`${1}${2}`+'a'+1", "o.tag`a${1}b`",
		"[1+1+1,o.o.a+=1+1,o.o.a]", "[a,b]=[1+2+3,4],a+b+1", "(o.o.a??=1)+1+1", "'x'.repeat(3)+'y'+'z'", "1+1+1 ? 2+2+2 : 3+3+3",
	} {
		prefix := "var x,a,b,n=null;var o={a:1,f(){return this===o},g(){return o.g},tag(s,v){return s.join()+v}};o.o=o;"
		text := "(function(){" + prefix + "return JSON.stringify(" + expression + ",(k,v)=>typeof v=='bigint'?v+'n':v)})()"
		want, wantErr := goja.New().RunString(text)
		require.NoError(t, wantErr, expression)
		tree, err := parseBounded(text)
		require.NoError(t, err)
		code, err := goja.CompileAST(tree, false)
		require.NoError(t, err)
		got, err := goja.New().RunProgram(code)
		require.NoError(t, err, expression)
		require.Equal(t, want.Export(), got.Export(), expression)
	}
}

func TestLargeTextsThatPeopleWriteAreAccepted(t *testing.T) {
	for name, text := range map[string]string{
		"100,000 numbers":      repeated("return [", "1234.5,", "]")(100_000),
		"100,000 texts":        repeated("return [", "'abc',", "]")(100_000),
		"20,000 keys":          repeated("return {", "key@:'value @',", "}")(20_000),
		"5,000 cases":          repeated("switch(input.a){", "case '@':return @;", "}")(5000),
		"20,000 functions":     repeated("", "function f@(a){return a}\n", "")(20_000),
		"2,000 operands":       repeated("return 'a'", "+'b@'+input.x", "")(1000),
		"500 else if":          repeated("", "if(input.a===@){return @}else ", "{}")(500),
		"200 conditions":       repeated("return ", "input.a===@?@:", "0")(200),
		"2,000 expressions":    repeated("", "/^a(b|c)[d-f]@$/i.test(input);", "")(2000),
		"records":              repeated("return [", `{"id":@,"name":"name @","tags":["a","b"],"at":{"x":1.5,"y":true}},`, "]")(8000),
		"a chain of 1,000":     repeated("return input", ".map(x=>x+@)", "")(1000),
		"code in one function": repeated("function f(){", "for(const x of input.a){try{if(x.b){return x.c(y=>y*2)}}catch(e){continue}}\n", "}")(3000),
	} {
		require.LessOrEqual(t, len(text), maxSourceBytes, name)
		require.Empty(t, refusalOf(text), name)
		start := time.Now()
		_, err := compileSource(jsruntime.Source{Text: text})
		require.NoError(t, err, name)
		t.Logf("%-22s %7d B %v", name, len(text), time.Since(start))
	}
}

func TestLongSourcesThatPeopleWriteAreLetThrough(t *testing.T) {
	for name, text := range map[string]string{
		"signs":                     repeated("", "a = -b; c = !d; e = ~f + +g;\n", "")(10_000),
		"lines without semicolons":  repeated("", "x@ = -1\n", "")(60_000),
		"calls without semicolons":  repeated("", "f(@)\n", "")(100_000),
		"cases with signs":          repeated("switch(a){", "case -@: b = !c; break\n", "}")(20_000),
		"functions and conditions":  repeated("return {", "k@: (a) => a ? @ : !a,", "}")(20_000),
		"ternary chains":            repeated("", "a = "+strings.Repeat("b ? c : ", 300)+"d;\n", "")(100),
		"else if chains":            repeated("", strings.Repeat("if (a) b(); else ", 500)+"c();\n", "")(20),
		"a line":                    repeated("", "var a=function(b,c){return b/c>1?/[/]/.test(b):!c},d=a(1,2);", "")(8000),
		"a line of expressions":     repeated("", "a=b,c=!d&&typeof e,f?g():h(),", "0")(16_000),
		"callbacks with defaults":   repeated("", "f((a,{b=1}={},...c)=>{g(async(d=()=>1)=>await d())});", "")(10_000),
		"words of other languages":  repeated("", "let größe@='日本';", "")(20_000),
		"generators":                repeated("", "function*f@(){const a=yield;const b=yield a;yield*g()}", "")(10_000),
		"comments and divisions":    repeated("", "a=b/c/*d*//e//f\n;", "")(20_000),
		"templates with templates":  repeated("", "a=`b${c?`d${e}`:`}`}`;", "")(20_000),
		"regular expressions":       repeated("", "if(a)/b/.test(c)||d++/e/f;", "")(1000),
		"a yield in a small source": repeated("function*f(){", "g(yield);", "}")(200),
	} {
		_, message := checkBounds(text)
		require.Empty(t, message, name)
	}
}

// FuzzBounds proves that the parser finds no error in what is let through, and that it compiles in time, whatever it is.
func FuzzBounds(f *testing.F) {
	for _, text := range sources {
		f.Add(text)
	}
	for _, c := range append(append([]construct{}, constructs...), wide...) {
		f.Add(c.text(3))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) || len(text) > maxSourceBytes {
			return
		}
		agree(t, text, false)
		start := time.Now()
		_, _ = compileSafely(jsruntime.Source{Text: text})
		if taken := time.Since(start); taken > 5*time.Second {
			t.Fatalf("%v for %q", taken, text)
		}
	})
}
