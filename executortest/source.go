package executortest

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

var sourceTests = []test{
	{"the source is the body of an async function", theSourceIsTheBodyOfAnAsyncFunction},
	{"a source cannot close its wrapper", aSourceCannotCloseItsWrapper},
	{"syntax errors are in the author's positions", syntaxErrorsAreInTheAuthorsPositions},
	{"check", check},
}

func theSourceIsTheBodyOfAnAsyncFunction(t *testing.T, s *suite) {
	for name, c := range map[string]struct{ source, want string }{
		"the returned value is the output":               {`return {a: 1}`, `{"a":1}`},
		"a promise that is returned is awaited":          {`return Promise.resolve(1)`, `1`},
		"a thenable that is returned is awaited":         {`return {then(f) { f(1) }}`, `1`},
		"await works at the top level":                   {`const a = await Promise.resolve(1); return a + 1`, `2`},
		"nothing returned is null":                       {`1 + 1`, `null`},
		"an empty source is null":                        {``, `null`},
		"a comment alone is null":                        {`// nothing`, `null`},
		"a block comment alone is null":                  {`/* nothing */`, `null`},
		"a trailing comment does not swallow the end":    {`return 1 //`, `1`},
		"input may be shadowed":                          {`const input = 1; return input`, `1`},
		"context may be shadowed":                        {`let context = 1; return context`, `1`},
		"input is an empty object when there is none":    {`return input`, `{}`},
		"strict mode is the author's choice":             {`"use strict"; return this === undefined`, `true`},
		"arguments are those of no call":                 {`return arguments.length`, `0`},
		"modern syntax works":                            {`class A { #x = 1; get x() { return this.#x ?? 0 } } return [...[new A().x], 2 ** 3, {...{b: 1}}?.b]`, `[1,8,1]`},
		"import is the name of a property":               {`const a = {import: 1, export: 2}; return a.import + a.export`, `3`},
		"a byte order mark is white space":               {"\ufeffreturn 1", `1`},
		"Windows line ends are line ends":                {"// a\r\nreturn 1", `1`},
		"a source map comment is a comment":              {"return 1\n//# sourceMappingURL=file:///nowhere", `1`},
		"an inline source map is a comment":              {"return 1\n//# sourceMappingURL=data:application/json;base64,e30=", `1`},
		"a name of the wrapper is not reserved":          {`const script = 1; return script`, `1`},
		"recursion of the author's functions is bounded": {`function f(n) { return n ? f(n - 1) : "ok" } return f(900)`, `"ok"`},
	} {
		t.Run(name, func(t *testing.T) { require.JSONEq(t, c.want, s.output(t, c.source)) })
	}
}

func aSourceCannotCloseItsWrapper(t *testing.T, s *suite) {
	for _, source := range []string{
		`}); x(); (() => {`,
		`}, function(){`,
		`}) + (function(){`,
		`}}); x(); (function(input,context){return async function(){`,
		`}}, function(){return async function(){`,
		`}; x(); return async function(){`,
		`}, async function(){`,
		`} + async function(){`,
		`}(), async function(){`,
		`}.call(), async function(){`,
		`}; async function f(){`,
		`}; {`,
		`}; if (1) {`,
		`} finally {`,
		`} /* `,
		`*/ }); x(); (async function(){ /*`,
		`}}) //`,
		`}}) <!--`,
		"}}) \n-->",
		`}}); //`,
		"`}}); x(); (function(){return async function(){",
		"${`}}); x(); (() => {{`}",
		`return 1}`,
		`}`,
		`}}`,
		`{`,
		`(`,
		`/*`,
		"`",
		`"`,
		`\`,
		"\u2028}}); x(); (function(){return function(){",
		`) => {}); (`,
		`]`,
		`class A { } }, class { m() {`,
		`x ? {} : function(){ }}, function(){{`,
	} {
		t.Run(source, func(t *testing.T) {
			err := s.executor.Check(context.Background(), jsruntime.Source{Text: source})
			require.ErrorIs(t, err, jsruntime.ErrSyntax)
			require.ErrorIs(t, s.failure(t, source), jsruntime.ErrSyntax)
		})
	}
}

func syntaxErrorsAreInTheAuthorsPositions(t *testing.T, s *suite) {
	for _, c := range []struct {
		source, message string
		line, column    int
	}{
		{"let a = ;", "SyntaxError: Unexpected token ;", 1, 9},
		{"\n  let a = ;", "SyntaxError: Unexpected token ;", 2, 11},
		{"let a; let a;", "SyntaxError: Identifier 'a' has already been declared", 1, 12},
		{"\nlet é; let 日; let é", "SyntaxError: Identifier 'é' has already been declared", 2, 19},
		{"é é", "SyntaxError: Unexpected identifier", 1, 3},
		{"'😀' é", "SyntaxError: Unexpected identifier", 1, 6},
		{"a\r\nb c", "SyntaxError: Unexpected identifier", 2, 3},
		{"a\u2028b c", "SyntaxError: Unexpected identifier", 2, 3},
		{"return 1\n}", "SyntaxError: Unexpected token }", 2, 1},
		{"}", "SyntaxError: Unexpected token }", 1, 1},
		{"x()\n}, async function(){", "SyntaxError: Unexpected token }", 2, 1},
		{"if (x) {\n", "SyntaxError: Unexpected end of input", 2, 1},
		{"for await (const a of []) {}", "SyntaxError: Unexpected token await: for await is not supported", 1, 5},
		{"import a from 'a'", "SyntaxError: Unexpected token import: there are no modules", 1, 1},
		{"const a = await import('a')", "SyntaxError: Unexpected token import: there are no modules", 1, 17},
		{"f(import.meta.url)", "SyntaxError: Unexpected token import: there are no modules", 1, 3},
		{"\nexport default {}", "SyntaxError: Unexpected token export: there are no modules", 2, 1},
		{"f(", "SyntaxError: Unexpected end of input", 1, 3},
		{"\xff", "SyntaxError: source is not valid UTF-8", 1, 1},
		{"a\n\xff", "SyntaxError: source is not valid UTF-8", 2, 1},
		{strings.Repeat("[", 5000), "SyntaxError: code is nested deeper than 1000 levels", 1, 1001},
	} {
		t.Run(c.source[:min(len(c.source), 30)], func(t *testing.T) {
			err := s.executor.Check(context.Background(), jsruntime.Source{Text: c.source})
			var scriptError *jsruntime.ScriptError
			require.ErrorAs(t, err, &scriptError)
			require.Equal(t, jsruntime.FailureSyntax, scriptError.Kind)
			require.Equal(t, c.message, scriptError.Message)
			require.Equal(t, [2]int{c.line, c.column}, [2]int{scriptError.Line, scriptError.Column})
		})
	}
}

func check(t *testing.T, s *suite) {
	e := s.executor
	t.Run("runs nothing and accepts what can be run", func(t *testing.T) {
		require.NoError(t, e.Check(t.Context(), jsruntime.Source{Text: "throw 1", Language: jsruntime.LanguageJavaScript}))
	})
	t.Run("refuses another language", func(t *testing.T) {
		require.ErrorIs(t, e.Check(t.Context(), jsruntime.Source{Text: "1", Language: "lua"}), jsruntime.ErrSyntax)
	})
	t.Run("refuses a source that is too long", func(t *testing.T) {
		require.ErrorIs(t, e.Check(t.Context(), jsruntime.Source{Text: strings.Repeat(" ", 1<<20+1)}), jsruntime.ErrSyntax)
	})
	t.Run("ends when ctx is done", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.ErrorIs(t, e.Check(ctx, jsruntime.Source{Text: "1"}), context.Canceled)
	})
}
