package vm_test

import (
	"cmp"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/vm"
)

// What the tests of the suite call, in JavaScript.
var (
	//go:embed testdata/wpt/surroundings.js
	wptSurroundings string
	//go:embed testdata/wpt/assertions.js
	wptAssertions string
	//go:embed testdata/wpt/harness.js
	wptHarness string
)

// wptSuite is a checkout of the suite.
type wptSuite struct {
	root  string
	limit time.Duration // of one test; a file that says that it takes long has four times that
}

// wptFile is a file of tests as the file says it is to be run.
type wptFile struct {
	name     string // the path in the suite
	source   string
	includes []string // paths in the suite
	variants []string // of the query of its address; at least one
	window   bool     // it is for windows alone
	long     bool
}

// wptResult is what became of one test.
type wptResult struct {
	file    string // with the variant, if any
	name    string // "(file)" for what is no test's
	status  string // pass, fail, timeout, error, left out, not implemented
	message string
	order   float64 // among the results of its file; batches of them may overtake each other
}

func openWPT(root string) *wptSuite { return &wptSuite{root: root, limit: 5 * time.Second} }

// wptNoWindow are tests for windows that need none, or only for some of what they test.
var wptNoWindow = []string{"url/toascii.window.js"}

// names returns the files whose path begins with a prefix and that are for other places than windows too.
func (s *wptSuite) names(prefix string) (names []string, err error) {
	err = fs.WalkDir(os.DirFS(s.root), path.Dir(prefix), func(name string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) { // versions of the suite differ
			return nil
		}
		fits := strings.HasSuffix(name, ".any.js") || slices.Contains(wptNoWindow, name)
		if err == nil && !d.IsDir() && fits && strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
		return err
	})
	return names, err
}

var wptMeta = regexp.MustCompile(`(?m)^// META: *(\w+)=(.*?) *\r?$`)

func (s *wptSuite) read(name string) (*wptFile, error) {
	text, err := os.ReadFile(s.path(name))
	if err != nil {
		return nil, err
	}
	source := strings.ReplaceAll(string(text), `\u{10FFFF}`, `\udbff\udfff`) // as the engine can read it
	f := &wptFile{name: name, source: source, window: strings.HasSuffix(name, ".window.js")}
	for _, m := range wptMeta.FindAllStringSubmatch(f.source, -1) {
		switch key, value := m[1], m[2]; key {
		case "script":
			f.includes = append(f.includes, wptResolve(name, value))
		case "variant":
			f.variants = append(f.variants, value)
		case "global":
			f.window = value == "window"
		case "timeout":
			f.long = value == "long"
		}
	}
	if f.variants == nil {
		f.variants = []string{""}
	}
	return f, nil
}

func (s *wptSuite) path(name string) string { return filepath.Join(s.root, filepath.FromSlash(name)) }

// wptResolve returns the path in the suite of what a file refers to.
func wptResolve(from, to string) string {
	to, _, _ = strings.Cut(to, "?")
	if to == "/resources/WebIDLParser.js" { // where the suite's server has it
		return "resources/webidl2/lib/webidl2.js"
	}
	if !strings.HasPrefix(to, "/") {
		to = path.Join("/", path.Dir(from), to)
	}
	return strings.TrimPrefix(path.Clean(to), "/")
}

// wptFunctions are the functions that a script declares at its top level.
var wptFunctions = regexp.MustCompile(`(?m)^(?:async +)?function\*? *(\w+)`)

// wptObjects are the objects that tests of interfaces are about: lists of one expression each, as texts, which are evaluated.
var wptObjects = regexp.MustCompile(`\w+: *\[(?:'([^'\n]+)'|"([^"\n]+)")\]`)

// script returns the file as the source of a run. It is one function, so the functions of what the file includes are made
// properties of the global object, as they are where scripts are loaded one by one.
func (s *wptSuite) script(f *wptFile) (string, error) {
	var b strings.Builder
	b.WriteString(wptSurroundings + wptAssertions + wptHarness)
	if slices.Contains(f.includes, "resources/idlharness.js") {
		for _, m := range wptObjects.FindAllStringSubmatch(f.source, -1) {
			expression := cmp.Or(m[1], m[2])
			fmt.Fprintf(&b, ";evaluated[%q] = () => (%s)", expression, expression)
		}
	}
	for _, name := range f.includes {
		text, err := os.ReadFile(s.path(name))
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&b, ";\n%s\n", text)
		for _, m := range wptFunctions.FindAllSubmatch(text, -1) {
			fmt.Fprintf(&b, ";if (typeof %s === 'function') globalThis.%[1]s = %[1]s", m[1])
		}
	}
	fmt.Fprintf(&b, ";\nawait runTestFile(function () {%s\n})", f.source)
	return b.String(), nil
}

// wptHost is what the harness asks of a host.
type wptHost struct {
	suite   *wptSuite
	file    *wptFile
	variant string

	mu      sync.Mutex
	results []wptResult
}

func (*wptHost) Functions() []string { return []string{"fetch:send", "wpt.report"} }

func (h *wptHost) Call(_ context.Context, name string, args []any) (any, error) {
	if name == "fetch:send" {
		return h.send(args[1].(string))
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, each := range args[0].([]any) {
		r := each.(map[string]any)
		h.results = append(h.results, wptResult{
			file: h.file.name + h.variant, name: r["name"].(string), status: r["status"].(string), message: r["message"].(string),
			order: r["order"].(float64),
		})
	}
	return nil, nil
}

// send answers a request of a script for a file of the suite, as a server would.
func (h *wptHost) send(url string) (any, error) {
	name, ok := strings.CutPrefix(url, "https://web-platform.test/")
	if !ok {
		return nil, fmt.Errorf("there is no server at %s", url)
	}
	content, err := os.ReadFile(h.suite.path(wptResolve(h.file.name, "/"+name)))
	return fmt.Appendf(nil, "200\nOK\n%s\n-w\ncontent-type\ntext/plain\n\n%s", url, content), err
}

// run runs a file in each of its variants.
func (s *wptSuite) run(name string) ([]wptResult, error) {
	f, err := s.read(name)
	if err != nil {
		return nil, err
	}
	script, err := s.script(f)
	if err != nil {
		return nil, err
	}
	var results []wptResult
	for _, variant := range f.variants {
		results = append(results, s.runVariant(f, variant, script)...)
	}
	return results, nil
}

func (s *wptSuite) runVariant(f *wptFile, variant, script string) []wptResult {
	limit := s.limit
	if f.long {
		limit *= 4
	}
	input, _ := json.Marshal(map[string]any{"file": f.name, "search": variant, "window": f.window, "limit": limit.Milliseconds()})
	host := &wptHost{suite: s, file: f, variant: variant}
	result := vm.New().Run(context.Background(), jsruntime.Job{
		Source: jsruntime.Source{Text: script},
		Input:  input,
		Limits: jsruntime.ResourceLimits{MaxExecutionTime: 10 * limit, MaxMemoryBytes: 1 << 30, MaxOutputSizeBytes: 1 << 20},
		Host:   host,
	})
	host.mu.Lock()
	defer host.mu.Unlock()
	results := slices.SortedFunc(slices.Values(host.results), func(a, b wptResult) int { return cmp.Compare(a.order, b.order) })
	failure := new(jsruntime.ScriptError)
	whole := wptResult{file: f.name + variant, name: "(file)", status: "error"}
	switch {
	case errors.As(result.Err, &failure) && failure.Kind == jsruntime.FailureSyntax:
		whole.status, whole.message = "left out", "the engine does not parse "+f.name+": "+failure.Message
	case result.Err != nil:
		whole.message = result.Err.Error()
	case len(results) == 0:
		whole.message = "it has no tests"
	default:
		return results
	}
	return append(results, whole)
}
