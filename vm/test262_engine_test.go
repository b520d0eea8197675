package vm

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

// engine runs scripts in one realm. A script sees the globals of those before it.
type engine interface {
	runtime() *goja.Runtime
	// eval runs a script, and the microtasks that it leaves. A script that does not compile is an earlyError.
	eval(name, source string) error
}

// earlyError is that of a script that did not run.
type earlyError struct{ error }

// plainEngine is the engine without anything of this package.
type plainEngine struct{ rt *goja.Runtime }

func newPlainEngine() engine {
	rt := goja.New()
	rt.SetMaxCallStackSize(maxCallDepth)
	rt.SetParserOptions(parser.WithDisableSourceMaps)
	return plainEngine{rt}
}

func (e plainEngine) runtime() *goja.Runtime { return e.rt }

func (e plainEngine) eval(name, source string) error {
	program, err := compileScript(name, source)
	if err != nil {
		return earlyError{err}
	}
	_, err = e.rt.RunProgram(program)
	return err
}

// harnessPrograms are compiled files of the harness, which every test needs, by name.
var harnessPrograms sync.Map

func compileScript(name, source string) (*goja.Program, error) {
	if p, ok := harnessPrograms.Load(name); ok {
		return p.(*goja.Program), nil
	}
	tree, err := parser.ParseFile(nil, name, source, 0, parser.WithDisableSourceMaps)
	if err != nil {
		return nil, err
	}
	program, err := goja.CompileAST(tree, false)
	if err == nil && strings.HasPrefix(name, harnessFolder) {
		harnessPrograms.Store(name, program)
	}
	return program, err
}

const harnessFolder = "harness/" // what the names of the harness's files begin with

// test262Suite is a checkout of the suite.
type test262Suite struct {
	root    string
	limit   time.Duration // of one test in the plain engine; a guarded realm has three times that
	mu      sync.Mutex
	harness map[string]string
}

// test262File is a test as its file has it.
type test262File struct {
	name     string
	source   string
	flags    []string
	includes []string
	phase    string // of the error that it must throw; empty when it must not
	errType  string
}

func openTest262(root string) (*test262Suite, error) {
	s := &test262Suite{root: root, limit: 5 * time.Second, harness: map[string]string{}}
	harnessPrograms.Clear()
	_, err := s.harnessFile("assert.js")
	return s, err
}

func (s *test262Suite) harnessFile(name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if text, ok := s.harness[name]; ok {
		return text, nil
	}
	text, err := os.ReadFile(filepath.Join(s.root, "harness", name))
	s.harness[name] = string(text)
	return string(text), err
}

var (
	frontMatter = regexp.MustCompile(`(?s)/\*---(.*?)---\*/`)
	frontList   = regexp.MustCompile(`(?m)^\s*(flags|includes):\s*(?:\[([^\]]*)\]|((?:\r?\n\s+- .*)+))`)
	frontError  = regexp.MustCompile(`(?m)^\s*negative:\s*\r?\n(\s+phase:.*\r?\n\s+type:.*|\s+type:.*\r?\n\s+phase:.*)`)
	frontField  = regexp.MustCompile(`(phase|type):\s*(\w+)`)
	frontItem   = regexp.MustCompile(`[\w$./-]*\w[\w$./-]*`)
)

// read reads a test and what it says about itself.
func (s *test262Suite) read(name string) (*test262File, error) {
	text, err := os.ReadFile(filepath.Join(s.root, "test", filepath.FromSlash(name)))
	if err != nil {
		return nil, err
	}
	front := frontMatter.FindSubmatch(text)
	if front == nil {
		return nil, errors.New("no front matter")
	}
	test := &test262File{name: name, source: string(text)}
	for _, m := range frontList.FindAllStringSubmatch(string(front[1]), -1) {
		items := frontItem.FindAllString(m[2]+m[3], -1)
		if m[1] == "flags" {
			test.flags = items
		} else {
			test.includes = items
		}
	}
	if m := frontError.FindStringSubmatch(string(front[1])); m != nil {
		for _, f := range frontField.FindAllStringSubmatch(m[1], -1) {
			if f[1] == "phase" {
				test.phase = f[2]
			} else {
				test.errType = f[2]
			}
		}
	}
	return test, nil
}

// runsIn reports whether the test is meant for a mode.
func (f *test262File) runsIn(strict bool) bool {
	if strict {
		return !slices.Contains(f.flags, "noStrict") && !slices.Contains(f.flags, "raw")
	}
	return !slices.Contains(f.flags, "onlyStrict")
}

// try runs a test in a realm of its own and returns why it did not pass. A test that cannot be interrupted is left
// behind with its goroutine.
func (s *test262Suite) try(open func() engine, limit time.Duration, test *test262File, source string) string {
	e := make(chan engine, 1)
	done := make(chan string, 1)
	go func() {
		defer func() {
			if x := recover(); x != nil {
				done <- fmt.Sprint("panic: ", x)
			}
		}()
		realm := open()
		e <- realm
		done <- s.attempt(realm, test, source)
	}()
	late := time.NewTimer(limit)
	defer late.Stop()
	select {
	case why := <-done:
		return why
	case <-late.C:
	}
	select {
	case realm := <-e:
		realm.runtime().Interrupt("the test takes too long")
	default:
	}
	late.Reset(2 * time.Second)
	select {
	case <-done:
		return "the test takes too long"
	case <-late.C:
		return "hang: the test cannot be interrupted"
	}
}

// attempt runs the harness and a test, on the goroutine of the realm.
func (s *test262Suite) attempt(e engine, test *test262File, source string) string {
	async := slices.Contains(test.flags, "async")
	var printed []string
	prepareHost(e, func(line string) { printed = append(printed, line) })
	if !slices.Contains(test.flags, "raw") {
		files := []string{"assert.js", "sta.js"}
		if async {
			files = append(files, "doneprintHandle.js")
		}
		for _, file := range append(files, test.includes...) {
			text, err := s.harnessFile(file)
			if err == nil {
				err = e.eval(harnessFolder+file, text)
			}
			if err != nil {
				return fmt.Sprintf("harness %s: %v", file, err)
			}
		}
	}
	if why := test.judge(e.eval(test.name, source)); why != "" || !async {
		return why
	}
	for _, line := range printed {
		if line == "Test262:AsyncTestComplete" {
			return ""
		}
		if strings.HasPrefix(line, "Test262:AsyncTestFailure:") {
			return line
		}
	}
	return "the asynchronous test did not complete"
}

// judge returns why an error, or none, is not what the test is about.
func (f *test262File) judge(err error) string {
	if f.errType == "" {
		if err == nil {
			return ""
		}
		return err.Error()
	}
	if err == nil {
		return "no error, but " + f.errType + " was expected"
	}
	_, early := err.(earlyError) //nolint:errorlint // errors.As runs script code
	if early != (f.phase == "parse" || f.phase == "early") {
		return fmt.Sprintf("wrong phase, expected %s: %v", f.phase, err)
	}
	if !early && !strings.HasPrefix(errorClass(err), f.errType) {
		return fmt.Sprintf("expected %s: %v", f.errType, err)
	}
	return ""
}

// errorClass returns the name of the class of what was thrown.
func errorClass(err error) string {
	exception, ok := err.(*goja.Exception) //nolint:errorlint // errors.As runs script code
	if !ok {
		return ""
	}
	object, ok := exception.Value().(*goja.Object)
	if !ok {
		return ""
	}
	if class, ok := object.Get("constructor").(*goja.Object); ok {
		return class.Get("name").String()
	}
	return ""
}

// prepareHost defines what the suite asks of a host.
func prepareHost(e engine, print func(string)) {
	rt := e.runtime()
	host := rt.NewObject()
	must(host.Set("global", rt.GlobalObject()))
	must(host.Set("gc", func() {}))
	must(host.Set("createRealm", func() { panic(rt.NewTypeError("no other realms")) }))
	must(host.Set("detachArrayBuffer", func(v goja.Value) {
		buffer, ok := v.Export().(goja.ArrayBuffer)
		if !ok {
			panic(rt.NewTypeError("no ArrayBuffer"))
		}
		buffer.Detach()
	}))
	must(host.Set("evalScript", func(source string) {
		err := e.eval("evalScript", source)
		if early, ok := err.(earlyError); ok { //nolint:errorlint // errors.As runs script code
			class, _ := goja.AssertConstructor(rt.Get("SyntaxError"))
			thrown, _ := class(nil, rt.ToValue(early.Error()))
			panic(thrown)
		}
		rethrow(err)
	}))
	must(rt.Set("$262", host))
	must(rt.Set("print", print))
}
