// Package executortest is the conformance suite of [jsruntime.Executor]. Each test is one sentence of the contract, of
// what a script may rely on, or of what it must not be able to do.
//
//	func TestTheExecutorKeepsTheContract(t *testing.T) {
//		executortest.Run(t, func(t *testing.T) jsruntime.Executor { return myexecutor.New() })
//	}
//
// Where the language leaves a text to the engine, such as that of a syntax error, the suite wants the one of goja.
package executortest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// Run runs the suite as subtests of t. open is called once, and what it returns is used for all tests, as an application
// uses it for all runs; it may register a cleanup with t that closes the executor.
func Run(t *testing.T, open func(t *testing.T) jsruntime.Executor) {
	t.Helper()
	s := &suite{executor: open(t)}
	groups := []struct {
		name  string
		tests []test
	}{
		{"source", sourceTests},
		{"input and context", inputTests},
		{"output", outputTests},
		{"failures", failureTests},
		{"limits", limitTests},
		{"console", consoleTests},
		{"timers", timerTests},
		{"waiting", waitTests},
		{"events", eventTests},
		{"structured clone", cloneTests},
		{"language", languageTests},
		{"URLs", urlTests},
		{"encodings", encodingTests},
		{"crypto and performance", cryptoTests},
		{"host functions", hostTests},
		{"streams", streamTests},
		{"messages of HTTP", messageTests},
		{"fetch", fetchTests},
		{"databases", databaseTests},
		{"sandbox", sandboxTests},
	}
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			for _, test := range group.tests {
				t.Run(test.sentence, func(t *testing.T) { test.run(t, s) })
			}
		})
	}
}

// test proves one sentence.
type test struct {
	sentence string
	run      func(t *testing.T, s *suite)
}

type suite struct{ executor jsruntime.Executor }

// jobOf returns a job with limits that no test meets by accident.
func jobOf(source string, changes ...func(*jsruntime.Job)) jsruntime.Job {
	job := jsruntime.Job{Source: jsruntime.Source{Text: source}, Limits: jsruntime.DefaultResourceLimits()}
	for _, change := range changes {
		change(&job)
	}
	return job
}

func withTime(limit time.Duration) func(*jsruntime.Job) {
	return func(job *jsruntime.Job) { job.Limits.MaxExecutionTime = limit }
}

func withSmallOutput(job *jsruntime.Job) { job.Limits.MaxOutputSizeBytes = 100 }

func withInput(text string) func(*jsruntime.Job) {
	return func(job *jsruntime.Job) { job.Input = json.RawMessage(text) }
}

func withHost(host jsruntime.Host) func(*jsruntime.Job) {
	return func(job *jsruntime.Job) { job.Host = host }
}

func (s *suite) run(source string, changes ...func(*jsruntime.Job)) jsruntime.Result {
	return s.executor.Run(context.Background(), jobOf(source, changes...))
}

// output runs a script that has to complete.
func (s *suite) output(t *testing.T, source string, changes ...func(*jsruntime.Job)) string {
	t.Helper()
	result := s.run(source, changes...)
	require.NoError(t, result.Err)
	require.True(t, json.Valid(result.Output), "%s", result.Output)
	return string(result.Output)
}

// failure runs a script that has to fail.
func (s *suite) failure(t *testing.T, source string, changes ...func(*jsruntime.Job)) *jsruntime.ScriptError {
	t.Helper()
	result := s.run(source, changes...)
	require.Error(t, result.Err, "output: %s", result.Output)
	require.Nil(t, result.Output)
	var scriptError *jsruntime.ScriptError
	require.ErrorAs(t, result.Err, &scriptError)
	return scriptError
}

// functions is a host of Go functions.
type functions map[string]func(ctx context.Context, args []any) (any, error)

func (f functions) Functions() []string {
	var names []string
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (f functions) Call(ctx context.Context, name string, args []any) (any, error) {
	if call, ok := f[name]; ok {
		return call(ctx, args)
	}
	return nil, errors.New("no function " + name)
}
