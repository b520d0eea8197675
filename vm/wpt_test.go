package vm_test

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// wptParts are the parts of the suite that are about what a realm has: prefixes of the paths of tests, each with a global that
// they are about.
var wptParts = []struct{ prefix, global string }{
	{"FileAPI/blob/", "Blob"}, {"FileAPI/file/", "File"},
	{"WebCryptoAPI/digest/", "crypto"}, {"WebCryptoAPI/getRandomValues", "crypto"}, {"WebCryptoAPI/import_export/symmetric", "crypto"},
	{"WebCryptoAPI/idlharness", "crypto"}, {"WebCryptoAPI/randomUUID", "crypto"}, {"WebCryptoAPI/sign_verify/hmac", "crypto"},
	{"console/", "console"},
	{"dom/abort/", "AbortController"}, {"dom/events/", "EventTarget"},
	{"encoding/", "TextDecoder"},
	{"fetch/api/idlharness", "Response"}, {"fetch/api/body/", "Response"}, {"fetch/api/headers/", "Headers"},
	{"fetch/api/request/", "Request"}, {"fetch/api/response/", "Response"},
	{"hr-time/", "performance"},
	{"html/webappapis/atob/", "atob"}, {"html/webappapis/microtask-queuing/", "queueMicrotask"},
	{"html/webappapis/structured-clone/", "structuredClone"}, {"html/webappapis/timers/", "setTimeout"},
	{"mimesniff/mime-types/", "Blob"},
	{"streams/idlharness", "ReadableStream"}, {"streams/queuing-strategies", "CountQueuingStrategy"}, {"streams/readable-streams/", "ReadableStream"},
	{"url/", "URL"},
	{"webidl/ecmascript-binding/", "DOMException"},
	{"xhr/formdata/", "FormData"},
}

// A realm's part of the web platform does what the suite of all browsers says, but for what wptLimits lists.
func TestTheWebPlatformSuitePassesButForTheLimits(t *testing.T) {
	root := os.Getenv("WPT_DIR")
	if root == "" {
		t.Skip("needs a checkout of github.com/web-platform-tests/wpt: make wpt WPT_DIR=<folder>")
	}
	suite := openWPT(root)
	only := os.Getenv("WPT_ONLY") // a prefix, to look into a failure
	table := &wptTable{reasons: map[string]int{}, needed: map[wptLimit]bool{}}
	for _, part := range wptParts {
		names, err := suite.names(part.prefix)
		require.NoError(t, err)
		names = slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, only) })
		if output(t, `return typeof globalThis[input.name]`, withInput(`{"name": "`+part.global+`"}`)) == `"undefined"` {
			t.Errorf("a realm has no %s, which %s is about", part.global, part.prefix)
			continue
		}
		table.add(t, part.prefix, suite.runAll(t, names))
	}
	table.log(t, only == "")
}

// runAll runs files on all processors and returns the results of each, in order.
func (s *wptSuite) runAll(t *testing.T, names []string) []wptResult {
	t.Helper()
	var (
		workers sync.WaitGroup
		queue   = make(chan int)
		results = make([][]wptResult, len(names))
		errs    = make([]error, len(names))
	)
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for i := range queue {
				if left := wptFind(wptLeftOut, names[i], ""); left >= 0 {
					results[i] = []wptResult{{file: names[i], name: "(file)", status: "left out", message: wptLeftOut[left].reason}}
					continue
				}
				results[i], errs[i] = s.run(names[i])
			}
		})
	}
	for i := range names {
		queue <- i
	}
	close(queue)
	workers.Wait()
	for i, err := range errs {
		require.NoError(t, err, names[i])
	}
	return slices.Concat(results...)
}

// wptFind returns the index of the first entry that a test, or a file, is part of, or -1.
func wptFind(entries []wptLimit, file, test string) int {
	return slices.IndexFunc(entries, func(l wptLimit) bool { return strings.HasPrefix(file, l.path) && strings.Contains(test, l.test) })
}

// wptTable counts the results of each part.
type wptTable struct {
	lines   []string
	all     wptCount
	reasons map[string]int // results by the reason why they are no failures
	needed  map[wptLimit]bool
}

type wptCount struct {
	passed, limited, failed int // of the tests that apply
	apart                   int // inapplicable, left out or about what may be missing
}

func (w *wptTable) add(t *testing.T, part string, results []wptResult) {
	t.Helper()
	var c wptCount
	for _, r := range results {
		switch {
		case r.status == "pass":
			c.passed++
		case r.status == "left out", r.status == "not implemented":
			c.apart++
			w.reasons[r.status+": "+r.message]++
		case w.explains(wptInapplicable, "inapplicable", r):
			c.apart++
		case w.explains(wptLimits, "limit", r):
			c.limited++
		default:
			c.failed++
			t.Errorf("%s %s: %s: %.300s", r.status, r.file, r.name, r.message)
		}
	}
	if len(results) > 0 {
		w.lines = append(w.lines, c.line(part))
	}
	w.all = wptCount{w.all.passed + c.passed, w.all.limited + c.limited, w.all.failed + c.failed, w.all.apart + c.apart}
}

// explains reports whether one of the entries says why a test is not passed, and takes note of it.
func (w *wptTable) explains(entries []wptLimit, kind string, r wptResult) bool {
	i := wptFind(entries, r.file, r.name)
	if i < 0 {
		return false
	}
	w.reasons[kind+": "+entries[i].reason]++
	w.needed[entries[i]] = true
	return true
}

func (c wptCount) line(part string) string {
	total := c.passed + c.limited + c.failed
	share := 100 * float64(c.passed) / float64(max(total, 1))
	return fmt.Sprintf("%-40s %6d of %6d passed %6.1f%% %6d limits %6d failures %6d apart", part, c.passed, total, share, c.limited, c.failed, c.apart)
}

// log writes the table, and of a whole run which limits no test needed.
func (w *wptTable) log(t *testing.T, whole bool) {
	t.Helper()
	for _, line := range append(w.lines, w.all.line("all")) {
		t.Log(line)
	}
	for _, reason := range slices.Sorted(maps.Keys(w.reasons)) {
		t.Logf("%6d %s", w.reasons[reason], reason)
	}
	for _, l := range slices.Concat(wptInapplicable, wptLimits) {
		if whole && !w.needed[l] {
			t.Logf("no test needs the limit of %s %s", l.path, l.test)
		}
	}
}
