package vm

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// test262Parts are the folders of the suite that guards and rewritten code could change.
var test262Parts = []string{
	"built-ins/AggregateError", "built-ins/Array", "built-ins/ArrayBuffer", "built-ins/ArrayIteratorPrototype", "built-ins/BigInt",
	"built-ins/Boolean", "built-ins/DataView", "built-ins/Date", "built-ins/Error", "built-ins/Function", "built-ins/GeneratorPrototype",
	"built-ins/Iterator", "built-ins/JSON", "built-ins/Map", "built-ins/MapIteratorPrototype", "built-ins/Math", "built-ins/NativeErrors", "built-ins/Number",
	"built-ins/Object", "built-ins/Promise", "built-ins/Proxy", "built-ins/Reflect", "built-ins/RegExp",
	"built-ins/RegExpStringIteratorPrototype", "built-ins/Set", "built-ins/SetIteratorPrototype", "built-ins/String",
	"built-ins/StringIteratorPrototype", "built-ins/Symbol", "built-ins/ThrowTypeError", "built-ins/TypedArray",
	"built-ins/TypedArrayConstructors", "built-ins/Uint8Array", "built-ins/WeakMap", "built-ins/WeakSet", "built-ins/decodeURI",
	"built-ins/decodeURIComponent", "built-ins/encodeURI", "built-ins/encodeURIComponent", "built-ins/isFinite", "built-ins/isNaN",
	"built-ins/parseFloat", "built-ins/parseInt", "language/arguments-object", "language/block-scope", "language/computed-property-names",
	"language/destructuring", "language/expressions", "language/function-code", "language/rest-parameters", "language/statements",
}

// test262Own are the parts that are about what this package adds to the engine. A guarded realm has to pass them.
var test262Own = []string{
	"built-ins/Array/fromAsync", "built-ins/ArrayBuffer/prototype/detached", "built-ins/ArrayBuffer/prototype/transfer",
	"built-ins/ArrayBuffer/prototype/transferToFixedLength", "built-ins/Iterator/from", "built-ins/Iterator/prototype/constructor",
	"built-ins/Iterator/prototype/drop", "built-ins/Iterator/prototype/every", "built-ins/Iterator/prototype/filter",
	"built-ins/Iterator/prototype/find", "built-ins/Iterator/prototype/flatMap", "built-ins/Iterator/prototype/forEach",
	"built-ins/Iterator/prototype/map", "built-ins/Iterator/prototype/reduce", "built-ins/Iterator/prototype/some",
	"built-ins/Iterator/prototype/take", "built-ins/Iterator/prototype/toArray", "built-ins/Map/groupBy", "built-ins/Object/groupBy",
	"built-ins/Promise/try", "built-ins/Promise/withResolvers", "built-ins/RegExp/escape", "built-ins/String/prototype/isWellFormed",
	"built-ins/String/prototype/toWellFormed", "built-ins/Symbol/asyncIterator",
}

// test262Result is what became of one test in one mode.
type test262Result struct {
	name    string // the path in the suite, with " strict" behind it in strict mode
	plain   string // empty for a test that passed, otherwise why not
	guarded string
}

// Whatever the plain engine passes of the language's own suite, a guarded realm has to pass as well.
func TestTheLanguageSuitePassesWhereThePlainEngineDoes(t *testing.T) {
	root := os.Getenv("TEST262_DIR")
	if root == "" {
		t.Skip("needs a checkout of github.com/tc39/test262: make test262 TEST262_DIR=<folder>")
	}
	suite, err := openTest262(root)
	require.NoError(t, err)
	results := suite.run(test262Names(t, root))
	require.True(t, len(results) > 1000 || os.Getenv("TEST262_ONLY") != "", "TEST262_DIR has too few tests")
	count := map[string]int{}
	for _, r := range results {
		switch reason := limitOf(r.name); {
		case r.plain != "":
			count["not passed by the plain engine"]++
		case r.guarded == "":
			count["passed by both"]++
		case reason != "":
			count["limit: "+reason]++
		default:
			count["different"]++
			t.Errorf("%s: %.300s", r.name, r.guarded)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(count)) {
		t.Logf("%6d %s", count[what], what)
	}
}

func limitOf(name string) string {
	for _, l := range test262Limits {
		if strings.HasPrefix(name, l.prefix) {
			return l.reason
		}
	}
	return ""
}

func test262Names(t *testing.T, root string) (names []string) {
	t.Helper()
	only := os.Getenv("TEST262_ONLY") // a prefix, to look into a difference
	for _, part := range test262Parts {
		folder := filepath.Join(root, "test", filepath.FromSlash(part))
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			name, _ := filepath.Rel(filepath.Join(root, "test"), path)
			name = filepath.ToSlash(name)
			if !d.IsDir() && strings.HasSuffix(name, ".js") && !strings.HasSuffix(name, "_FIXTURE.js") && strings.HasPrefix(name, only) {
				names = append(names, name)
			}
			return nil
		})
		if !os.IsNotExist(err) { // versions of the suite differ
			require.NoError(t, err)
		}
	}
	return names
}

// run runs tests on all processors and returns their results by name.
func (s *test262Suite) run(names []string) []test262Result {
	var (
		mu      sync.Mutex
		results []test262Result
		workers sync.WaitGroup
		queue   = make(chan string)
	)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for name := range queue {
				found := s.runFile(name)
				mu.Lock()
				results = append(results, found...)
				mu.Unlock()
			}
		})
	}
	for _, name := range names {
		queue <- name
	}
	close(queue)
	workers.Wait()
	slices.SortFunc(results, func(a, b test262Result) int { return strings.Compare(a.name, b.name) })
	return results
}

// runFile runs a test in the modes that it asks for. What the plain engine does not pass is not tried again.
func (s *test262Suite) runFile(name string) (results []test262Result) {
	test, err := s.read(name)
	if err != nil {
		return []test262Result{{name: name, plain: err.Error()}}
	}
	if slices.Contains(test.flags, "module") {
		return nil
	}
	for _, strict := range []bool{false, true} {
		if !test.runsIn(strict) {
			continue
		}
		r := test262Result{name: name}
		source := test.source
		if strict {
			r.name += " strict"
			source = "'use strict';\n" + source
		}
		if !slices.ContainsFunc(test262Own, func(part string) bool { return strings.HasPrefix(name, part+"/") }) {
			r.plain = s.try(newPlainEngine, s.limit, test, source)
		}
		if r.plain == "" {
			r.guarded = s.try(newGuardedEngine, 3*s.limit, test, source)
		}
		results = append(results, r)
	}
	return results
}

// suiteCases are tests of an imitation of the suite, and what the runner has to say of each; nothing for a pass.
var suiteCases = []struct{ front, body, want string }{
	{"", "assert(true)", ""},
	{"", "assert(false)", "assert"},
	{"includes: [more.js]", "assert(more === 1)", ""},
	{"includes:\n  - more.js\nflags:\n  - noStrict", "assert(more === 1)", ""},
	{"flags: [onlyStrict]", "assert((function () { return this })() === undefined)", ""},
	{"flags: [raw]", "assert(1)", "assert is not defined"},
	{"flags: [async]", "Promise.resolve().then(() => $DONE())", ""},
	{"flags: [async]", "Promise.resolve().then(() => $DONE('bad'))", "AsyncTestFailure:bad"},
	{"flags: [async]", "new Promise(() => {})", "did not complete"},
	{"negative:\n  phase: parse\n  type: SyntaxError", "$DONOTEVALUATE( }", ""},
	{"negative:\n  phase: parse\n  type: SyntaxError", "throw new SyntaxError()", "wrong phase"},
	{"negative:\n  phase: runtime\n  type: TypeError", "null.x", ""},
	{"negative:\n  phase: runtime\n  type: TypeError", "throw new RangeError()", "RangeError"},
	{"negative:\n  phase: runtime\n  type: TypeError", "1", "no error"},
	{"", "var b = new ArrayBuffer(1); $262.detachArrayBuffer(b); assert(b.byteLength === 0)", ""},
	{"", "$262.evalScript('var evaluated = 3'); assert(evaluated === 3)", ""},
	{"", "for (;;) ;", "takes too long"},
}

func TestATestOfTheSuiteIsReadAndJudged(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	write("harness/assert.js", "function assert(v) { if (!v) throw new Test262Error('assert') }")
	write("harness/sta.js", "function Test262Error(m) { this.message = m }\nTest262Error.prototype.toString = function () { return this.message }")
	write("harness/doneprintHandle.js", "function $DONE(e) { print(e ? 'Test262:AsyncTestFailure:' + e : 'Test262:AsyncTestComplete') }")
	write("harness/more.js", "var more = 1")
	for i, c := range suiteCases {
		name := fmt.Sprintf("built-ins/Array/t%d.js", i)
		write("test/"+name, "/*---\ndescription: x\n"+c.front+"\n---*/\n"+c.body)
		suite, err := openTest262(root)
		require.NoError(t, err)
		suite.limit /= 25
		results := suite.runFile(name)
		require.NotEmpty(t, results, c.body)
		for _, r := range results {
			if c.want == "" {
				require.Empty(t, r.plain, c.body)
				require.Empty(t, r.guarded, c.body)
			}
			require.Contains(t, r.plain, c.want, c.body)
		}
	}
}
