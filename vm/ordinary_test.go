package vm_test

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime/vm"
)

// ordinary are programs such as authors write. Each is the body of a function that returns a value.
//
//go:embed testdata/ordinary/*.js
var ordinary embed.FS

// leastPrograms keeps a pattern that stopped matching from passing for success.
const leastPrograms = 60

// Bounds of a program in the plain engine. The depth of calls is that of a realm.
const (
	plainTime  = 2 * time.Minute
	plainDepth = 1024
)

func TestOrdinaryProgramsDoWhatTheyDoInThePlainEngine(t *testing.T) {
	programs := ordinaryPrograms(t)
	require.GreaterOrEqual(t, len(programs), leastPrograms)
	for name, source := range programs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, plainOutput(t, source), ordinaryOutput(t, source))
		})
	}
}

// A realm must not depend on what ran in another one, nor a program on the cache.
func TestOrdinaryProgramsDoTheSameWhenTheyRunAgain(t *testing.T) {
	executor := vm.New()
	for name, source := range ordinaryPrograms(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			job := jobOf(source, withTime(2*time.Minute))
			first := executor.Run(t.Context(), job)
			require.NoError(t, first.Err)
			second := executor.Run(t.Context(), job)
			require.NoError(t, second.Err)
			require.Equal(t, string(first.Output), string(second.Output))
		})
	}
}

func ordinaryPrograms(t *testing.T) map[string]string {
	t.Helper()
	files, err := fs.Glob(ordinary, "testdata/ordinary/*.js")
	require.NoError(t, err)
	programs := map[string]string{}
	for _, file := range files {
		source, err := ordinary.ReadFile(file)
		require.NoError(t, err)
		programs[strings.TrimSuffix(path.Base(file), ".js")] = string(source)
	}
	return programs
}

// ordinaryOutput runs a program in a realm of its own and checks that it says something.
func ordinaryOutput(t *testing.T, source string) string {
	t.Helper()
	text := output(t, source, withTime(2*time.Minute))
	requireTelling(t, text)
	return text
}

// plainOutput runs a program in the engine without anything of this package.
func plainOutput(t *testing.T, source string) string {
	t.Helper()
	text, err := runPlain(source)
	require.NoError(t, err)
	requireTelling(t, text)
	return text
}

// requireTelling fails for an output that would be the same whatever a program did.
func requireTelling(t *testing.T, text string) {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal([]byte(text), &value))
	require.NotContains(t, []any{nil, ""}, value)
	require.Greater(t, len(text), 2, "%s says nothing", text)
}

// runPlain returns the JSON of what a body returns in a fresh engine.
func runPlain(source string) (string, error) {
	rt := goja.New()
	rt.SetMaxCallStackSize(plainDepth)
	late := time.AfterFunc(plainTime, func() { rt.Interrupt("the program takes too long") })
	defer late.Stop()
	program, err := compilePlain(source)
	if err != nil {
		return "", err
	}
	value, err := callPlain(rt, program)
	if err != nil {
		return "", err
	}
	stringify, _ := goja.AssertFunction(rt.Get("JSON").(*goja.Object).Get("stringify"))
	text, err := stringify(goja.Undefined(), value)
	if err != nil {
		return "", err
	}
	return text.String(), nil
}

// compilePlain compiles a body as an async function, which is what it is in a realm.
func compilePlain(source string) (*goja.Program, error) {
	return goja.Compile("script", "(async function(input,context){"+source+"\n})", false)
}

// callPlain calls the function that a program is and returns what its promise was fulfilled with. The engine runs
// microtasks before a call from outside returns.
func callPlain(rt *goja.Runtime, program *goja.Program) (goja.Value, error) {
	value, err := rt.RunProgram(program)
	if err != nil {
		return nil, err
	}
	f, _ := goja.AssertFunction(value)
	settled, err := f(goja.Undefined())
	if err != nil {
		return nil, err
	}
	promise := settled.Export().(*goja.Promise)
	switch promise.State() {
	case goja.PromiseStatePending:
		return nil, errors.New("the program waits for something that never comes")
	case goja.PromiseStateRejected:
		return nil, fmt.Errorf("rejected: %s", promise.Result())
	}
	return promise.Result(), nil
}

//go:embed testdata/surface.js
var surface string

// The guards of a realm must not show: the built-in functions have their names, lengths, texts and flags, and where the
// language says that two are one they are.
func TestTheBuiltInFunctionsLookAsInThePlainEngine(t *testing.T) {
	globals, err := json.Marshal(vm.GlobalNames())
	require.NoError(t, err)
	added, err := json.Marshal(vm.AddedNames())
	require.NoError(t, err)
	source := fmt.Sprintf(withoutAdditions, added, globals) + surface
	want, got := plainOutput(t, source), ordinaryOutput(t, source)
	require.Equal(t, rowsOf(t, want), rowsOf(t, got))
	require.Equal(t, want, got)
}

// withoutAdditions removes what a realm has beyond the engine, given the names.
const withoutAdditions = `
	const added = %s, iterators = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]()))
	for (const place in added) {
		let object = globalThis
		for (const part of place.split(".")) object = object && object[part]
		if (place === "Iterator.prototype") object = iterators
		for (const name of added[place]) delete object[name]
	}
	delete iterators[Symbol.toStringTag]
	if (!Symbol.asyncIterator) Object.defineProperty(Symbol, "asyncIterator", {value: Symbol("Symbol.asyncIterator")})
	for (const name of %s) delete globalThis[name]
`

// rowsOf returns the functions that a surface lists, by path, which makes a difference readable.
func rowsOf(t *testing.T, text string) map[string]string {
	t.Helper()
	var listed struct{ Rows [][]any }
	require.NoError(t, json.Unmarshal([]byte(text), &listed))
	require.Greater(t, len(listed.Rows), 500)
	rows := map[string]string{}
	for _, row := range listed.Rows {
		rows[fmt.Sprint(row[0])] = fmt.Sprint(row[1:]...)
	}
	return rows
}
