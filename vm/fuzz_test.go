package vm_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/parser"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/vm"
)

// FuzzSource proves that no text escapes its wrapper: what Check refuses Run refuses as well, what it accepts parses as
// the body of one function, and whatever happens Run answers in time with either an output or a failure.
func FuzzSource(f *testing.F) {
	for _, seed := range []string{
		"", "return 1", "}", "}); x(); (() => {", "}}, function(){return async function(){", "/*", "//", "`${", "<!--", "-->",
		"return 1 }", "await null", "throw 1", "'use strict'", "\u2028", "é", "class A { static { this } }", "return /}/",
		"label: { break label }", "({}).constructor", "for (;;) {}", "return [1n]", "return {a: () => 1}",
	} {
		f.Add(seed)
	}
	executor := vm.New()
	limits := jsruntime.DefaultResourceLimits()
	limits.MaxExecutionTime = 200 * time.Millisecond
	f.Fuzz(func(t *testing.T, text string) {
		source := jsruntime.Source{Text: text}
		err := executor.Check(context.Background(), source)
		if err == nil && !isBody(text) {
			t.Fatalf("accepted %q, which is not the body of a function", text)
		}
		result := executor.Run(context.Background(), jsruntime.Job{Source: source, Limits: limits})
		if result.Abandoned != nil {
			select {
			case <-result.Abandoned:
			case <-time.After(2 * time.Second):
				t.Fatalf("still runs: %q", text)
			}
		}
		if (result.Err == nil) != (result.Output != nil) || result.Output != nil && !json.Valid(result.Output) {
			t.Fatalf("output %q, error %v", result.Output, result.Err)
		}
		if err != nil && errors.Is(err, jsruntime.ErrSyntax) && !errors.Is(result.Err, jsruntime.ErrSyntax) && !errors.Is(result.Err, jsruntime.ErrTimeout) {
			t.Fatalf("check: %v, run: %v", err, result.Err)
		}
		var failure *jsruntime.ScriptError
		if errors.As(result.Err, &failure) && failure.Line > strings.Count(text, "\n")+strings.Count(text, "\r")+strings.Count(text, "\u2028")+strings.Count(text, "\u2029")+1 {
			t.Fatalf("line %d of %q", failure.Line, text)
		}
	})
}

// isBody reports whether a text fits into two functions one after the other and leaves them two: one that closed its
// function, or swallowed its end, would make them more or fewer.
func isBody(text string) bool {
	twice := strings.Repeat("async function f(){"+text+"\n}\n", 2)
	tree, err := parser.ParseFile(nil, "", twice, 0, parser.WithDisableSourceMaps)
	if err != nil || len(tree.Body) != 2 {
		return false
	}
	for i, statement := range tree.Body {
		if _, ok := statement.(*ast.FunctionDeclaration); !ok || int(statement.Idx1()) != (i+1)*len(twice)/2 {
			return false
		}
	}
	return true
}

// FuzzInput proves that a JSON input goes through a realm unchanged, as far as JavaScript can hold it.
func FuzzInput(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"a":[1,-2.5,1e300,true,false,null]}`, `{"__proto__":{"a":"\ud800\u0000é😀"}}`, `[[[]]]`, `{"a":1,"a":2}`, `"x"`, `{"toJSON":1}`,
	} {
		f.Add(seed)
	}
	executor := vm.New()
	f.Fuzz(func(t *testing.T, text string) {
		var want any
		wantErr := json.Unmarshal([]byte(text), &want)
		result := executor.Run(context.Background(), jobOf("return input", withInput(text)))
		if text == "" || strings.Contains(text, "-0") { // JSON.stringify, and with it output, writes -0 as 0
			return
		}
		if result.Err != nil {
			if wantErr == nil && !strings.Contains(result.Err.Error(), "nested deeper") {
				t.Fatalf("%q: %v", text, result.Err)
			}
			return
		}
		if wantErr != nil && !strings.Contains(wantErr.Error(), "cannot unmarshal number") {
			t.Fatalf("accepted %q: %v", text, wantErr)
		}
		var got any
		if err := json.Unmarshal(result.Output, &got); err != nil {
			t.Fatalf("%q became %q: %v", text, result.Output, err)
		}
		gotText, _ := json.Marshal(got)
		wantText, _ := json.Marshal(want)
		if wantErr == nil && string(gotText) != string(wantText) {
			t.Fatalf("%q became %q", wantText, gotText)
		}
	})
}
