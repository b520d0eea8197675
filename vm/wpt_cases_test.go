package vm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// wptCases are files of an imitation of the suite, and what becomes of their tests: the status and the name of each, in order.
var wptCases = []struct{ source, want string }{
	{`test(() => assert_true(true), "a"); test(() => assert_true(1), "b")`, "pass a, fail b"},
	{`test(() => assert_equals(-0, 0), "zeros"); test(() => assert_equals(NaN, NaN), "NaN")`, "fail zeros, pass NaN"},
	{`test(() => assert_array_equals([1, 2], [1, 2]), "a"); test(() => assert_array_equals([1], [1, 2]), "b")`, "pass a, fail b"},
	{`test(() => assert_object_equals({a: {b: 1}}, {a: {b: 1}}), "a"); test(() => assert_object_equals({a: {b: 1}}, {a: {b: 2}}), "b")`, "pass a, fail b"},
	{`test(() => assert_throws_js(TypeError, () => null.x), "a"); test(() => assert_throws_js(RangeError, () => null.x), "b")`, "pass a, fail b"},
	{`test(() => assert_throws_js(TypeError, () => {}), "a")`, "fail a"},
	{`test(() => assert_throws_dom("SyntaxError", () => { throw new DOMException("", "SyntaxError") }), "a")`, "pass a"},
	{`test(() => assert_throws_dom("SYNTAX_ERR", () => { throw new DOMException("", "SyntaxError") }), "a")`, "pass a"},
	{`test(() => assert_throws_dom("SyntaxError", () => { throw new SyntaxError() }), "a")`, "fail a"},
	{`test(() => assert_throws_exactly(1, () => { throw 1 }), "a"); test(() => assert_throws_exactly(1, () => { throw 2 }), "b")`, "pass a, fail b"},
	{`test(async () => {}, "a")`, "fail a"},
	{`promise_test(async () => {}, "a"); promise_test(async () => { throw 1 }, "b"); promise_test(() => 1, "c")`, "pass a, fail b, fail c"},
	{`promise_test(t => promise_rejects_js(t, TypeError, Promise.reject(new TypeError())), "a")`, "pass a"},
	{`promise_test(t => promise_rejects_exactly(t, 1, Promise.resolve(1)), "a")`, "fail a"},
	{`promise_test(t => promise_rejects_dom(t, "AbortError", Promise.reject(new DOMException("", "AbortError"))), "a")`, "pass a"},
	{`promise_test(() => new Promise(() => {}), "a"); promise_test(async () => {}, "b")`, "timeout a, pass b"},
	{`let n = 0; promise_test(async t => { t.add_cleanup(async () => { n = 1 }) }, "a"); promise_test(async () => assert_equals(n, 1), "b")`, "pass a, pass b"},
	{`async_test(t => setTimeout(t.step_func_done(() => assert_true(true)), 1), "a"); const t = async_test("b"); t.step(() => assert_true(false))`, "fail b, pass a"},
	{`async_test(t => t.step_timeout(() => t.done(), 100), "a"); async_test(() => {}, "b")`, "pass a, timeout b"},
	{`async_test(t => t.step_wait_func_done(() => true, () => {}), "a"); async_test(t => t.step_wait_func(() => false, () => {}), "b")`, "pass a, fail b"},
	{`setup({explicit_done: true}); setTimeout(() => { test(() => {}, "late"); done() }, 100)`, "pass late"},
	{`setup({single_test: true}); setTimeout(() => done(), 100)`, "pass cases/c.any.js"},
	{`setup({single_test: true}); assert_true(false)`, "fail cases/c.any.js"},
	{`generate_tests((a, b) => assert_equals(a, b), [["one", 1, 1], ["two", 1, 2]])`, "pass one, fail two"},
	{`test(() => assert_implements_optional(false, "x"), "a"); test(() => assert_implements(false), "b")`, "not implemented a, fail b"},
	{`test(() => {}, "a"); null.x`, "pass a, error (file)"},
	{`test(() => {}, "a"); Promise.reject(1)`, "pass a, error (file)"},
	{`async_test(() => setTimeout(() => { throw 1 }), "a")`, "error (file)"},
	{`1`, "error (file)"},
	{`class`, "left out (file)"},
	{"'use strict'\ntest(function () { assert_equals((function () { return this })(), undefined) }, 'strict')", "pass strict"},
	{"// META: script=more.js\n// META: script=/top.js\ntest(() => assert_equals(more() + globalThis.top1(), 3), 'a')", "pass a"},
	{"// META: variant=?1\n// META: variant=?2\ntest(() => {}, location.search)", "pass ?1, pass ?2"},
	{"// META: global=window\ntest(() => assert_true(GLOBAL.isWindow()), 'a')", "pass a"},
	{`test(() => assert_true(GLOBAL.isWorker()), "a")`, "pass a"},
	{"// META: timeout=long\npromise_test(() => new Promise(r => setTimeout(r, 10000)), 'a')", "pass a"},
	{`promise_test(async () => assert_equals((await (await fetch("x.json")).json()).x, 1), "a")`, "pass a"},
	{`promise_test(async () => assert_equals(await (await fetch("/cases/x.json")).text(), '{"x": 1}'), "a")`, "pass a"},
	{`promise_test(() => fetch("none.json"), "a")`, "fail a"},
}

func TestAFileOfTheWebPlatformSuiteIsReadAndJudged(t *testing.T) {
	root := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	write("cases/more.js", "function more() { return 1 }")
	write("top.js", "function top1() { return 2 }")
	write("cases/x.json", `{"x": 1}`)
	for _, c := range wptCases {
		write("cases/c.any.js", c.source)
		names, err := openWPT(root).names("cases/")
		require.NoError(t, err)
		require.Equal(t, []string{"cases/c.any.js"}, names)
		synctest.Test(t, func(t *testing.T) {
			results, err := openWPT(root).run(names[0])
			require.NoError(t, err)
			var got []string
			for _, r := range results {
				got = append(got, fmt.Sprintf("%s %s", r.status, r.name))
			}
			assert.Equal(t, c.want, strings.Join(got, ", "), "%s\n%v", c.source, results)
		})
	}
}
