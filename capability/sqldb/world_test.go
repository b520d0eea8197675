package sqldb_test

import (
	"context"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/isolate"
	"github.com/jsruntime/jsruntime/store"
)

func TestMain(m *testing.M) {
	isolate.Main()
	goleak.VerifyTestMain(m)
}

// caller is how a script calls host functions, as the library does for it.
type caller = func(name string, args ...any) (any, error)

// executor lets tests be the scripts: it hands each run's caller to the test that waits for it.
type executor struct{ runs sync.Map } // of chan run, by source

type run struct {
	call caller
	done chan struct{} // closed by the script at its end
}

func (*executor) Check(context.Context, jsruntime.Source) error { return nil }

func (e *executor) Run(ctx context.Context, job jsruntime.Job) jsruntime.Result {
	ctx, cancel := context.WithTimeout(ctx, job.Limits.MaxExecutionTime)
	defer cancel()
	runs, _ := e.runs.Load(job.Source.Text)
	done := make(chan struct{})
	runs.(chan run) <- run{func(name string, args ...any) (any, error) { return job.Host.Call(ctx, name, args) }, done}
	<-done
	return jsruntime.Result{Output: []byte("null")}
}

// world is a Runtime whose scripts have a database.
type world struct {
	*jsruntime.Runtime
	t        *testing.T
	executor *executor
}

func newWorld(t *testing.T, option jsruntime.Option) *world {
	t.Helper()
	w := &world{t: t, executor: &executor{}}
	var err error
	w.Runtime, err = jsruntime.New(store.NewMemory(), w.executor, option)
	require.NoError(t, err)
	require.NoError(t, w.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, w.Stop(context.Background())) })
	return w
}

// run runs a script of a new tenant to its end, on the caller's goroutine.
func (w *world) run(script func(caller)) jsruntime.Execution {
	w.t.Helper()
	return w.runOf(uuid.New(), script)
}

func (w *world) runOf(tenant uuid.UUID, script func(caller)) jsruntime.Execution {
	w.t.Helper()
	runs, ended := make(chan run, 1), make(chan jsruntime.Execution, 1)
	source := uuid.NewString()
	w.executor.runs.Store(source, runs)
	registered, err := w.Register(w.t.Context(), jsruntime.NewScript(tenant, source, source))
	require.NoError(w.t, err)
	go func() {
		e, err := w.Execute(w.t.Context(), tenant, registered.ID(), nil)
		assert.NoError(w.t, err)
		ended <- e
	}()
	func() {
		r := <-runs
		defer close(r.done)
		script(r.call)
	}()
	return <-ended
}

// one makes one call, as a script of its own.
func (w *world) one(name string, args ...any) (reply any, err error) {
	w.t.Helper()
	w.run(func(call caller) { reply, err = call(name, args...) })
	return reply, err
}
