package jsruntime_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

// fakeExecutor runs the function of the source's text, so that a test decides what a script does.
type fakeExecutor struct {
	mu   sync.Mutex
	runs map[string]func(ctx context.Context, job jsruntime.Job) jsruntime.Result
	jobs []jsruntime.Job
}

func newFake() *fakeExecutor {
	return &fakeExecutor{runs: map[string]func(context.Context, jsruntime.Job) jsruntime.Result{}}
}

func (f *fakeExecutor) on(source string, run func(ctx context.Context, job jsruntime.Job) jsruntime.Result) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.runs[source] = run
}

func (f *fakeExecutor) Check(_ context.Context, source jsruntime.Source) error {
	if strings.HasPrefix(source.Text, "broken") {
		return &jsruntime.ScriptError{Kind: jsruntime.FailureSyntax, Message: "SyntaxError: broken", Line: 1, Column: 7}
	}
	return nil
}

func (f *fakeExecutor) Run(ctx context.Context, job jsruntime.Job) jsruntime.Result {
	f.mu.Lock()
	f.jobs = append(f.jobs, job)
	run := f.runs[job.Source.Text]
	f.mu.Unlock()
	if run == nil {
		return jsruntime.Result{Output: []byte(`"ok"`)}
	}
	return run(ctx, job)
}

func (f *fakeExecutor) seen() []jsruntime.Job {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]jsruntime.Job(nil), f.jobs...)
}

// untilCancelled is a script that never ends by itself.
func untilCancelled(ctx context.Context, _ jsruntime.Job) jsruntime.Result {
	<-ctx.Done()
	return jsruntime.Result{Err: &jsruntime.ScriptError{Kind: jsruntime.FailureCancelled, Message: "cancelled"}}
}

// gated is a script that says when it runs and ends when it is let go.
type gated struct {
	entered chan jsruntime.Job
	release chan struct{}
}

func newGated() *gated {
	return &gated{entered: make(chan jsruntime.Job, 1000), release: make(chan struct{})}
}

func (g *gated) run(ctx context.Context, job jsruntime.Job) jsruntime.Result {
	g.entered <- job
	select {
	case <-g.release:
		return jsruntime.Result{Output: []byte("1")}
	case <-ctx.Done():
		return untilCancelled(ctx, job)
	}
}

// firstStored has a run on record before it begins, as one with a dedupe key is.
func firstStored() jsruntime.RunOption { return jsruntime.WithDedupeKey(uuid.NewString()) }

// recorder keeps what a bus delivers.
type recorder struct {
	mu     sync.Mutex
	events []jsruntime.Event
}

func (r *recorder) handle(_ context.Context, e jsruntime.Event) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
	return nil
}

func (r *recorder) types() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var types []string
	for _, e := range r.events {
		types = append(types, e.Type)
	}
	return types
}

func (r *recorder) of(t *testing.T, eventType string) jsruntime.Event {
	t.Helper()
	var found jsruntime.Event
	require.Eventually(t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, e := range r.events {
			if e.Type == eventType {
				found = e
				return true
			}
		}
		return false
	}, 5*time.Second, time.Millisecond, "no event %s", eventType)
	return found
}

// world is a Runtime with all that a test looks at.
type world struct {
	*jsruntime.Runtime
	t      *testing.T
	store  jsruntime.Store
	fake   *fakeExecutor
	events *recorder
	tenant uuid.UUID
}

// newWorld returns a Runtime that is not started. It is stopped when the test ends.
func newWorld(t *testing.T, opts ...jsruntime.Option) *world {
	return newWorldOn(t, store.NewMemory(), opts...)
}

func newWorldOn(t *testing.T, st jsruntime.Store, opts ...jsruntime.Option) *world {
	t.Helper()
	w := &world{t: t, store: st, fake: newFake(), events: &recorder{}, tenant: uuid.New()}
	bus := jsruntime.NewBus()
	t.Cleanup(func() { require.NoError(t, bus.Close()) })
	_, err := bus.Subscribe(jsruntime.EventFilter{}, w.events.handle)
	require.NoError(t, err)
	w.Runtime, err = jsruntime.New(st, w.fake, append([]jsruntime.Option{jsruntime.WithEventBus(bus)}, opts...)...)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		defer cancel()
		if err := w.Stop(ctx); err != nil {
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
	})
	return w
}

func startedWorld(t *testing.T, opts ...jsruntime.Option) *world {
	t.Helper()
	w := newWorld(t, opts...)
	require.NoError(t, w.Start(t.Context()))
	return w
}

// active creates a script and activates it.
func (w *world) active(source string, opts ...jsruntime.ScriptOption) jsruntime.Script {
	w.t.Helper()
	return w.activeOf(w.tenant, source, opts...)
}

func (w *world) activeOf(tenant uuid.UUID, source string, opts ...jsruntime.ScriptOption) jsruntime.Script {
	w.t.Helper()
	s, err := w.CreateScript(w.t.Context(), jsruntime.NewScript(tenant, "script "+uuid.NewString(), source, opts...))
	require.NoError(w.t, err)
	s, err = w.SetStatus(w.t.Context(), tenant, s.ID(), jsruntime.ScriptStatusActive, 1)
	require.NoError(w.t, err)
	return s
}

func (w *world) execution(id uuid.UUID) jsruntime.Execution {
	w.t.Helper()
	e, err := w.Execution(w.t.Context(), w.tenant, id)
	require.NoError(w.t, err)
	return e
}

// eventually waits for the execution to have the status.
func (w *world) eventually(id uuid.UUID, status jsruntime.ExecutionStatus) jsruntime.Execution {
	w.t.Helper()
	var e jsruntime.Execution
	require.Eventually(w.t, func() bool {
		e = w.execution(id)
		return e.Status() == status
	}, 10*time.Second, time.Millisecond, "execution %s never became %s", id, status)
	return e
}

// executions returns all executions of the tenant, newest first.
func (w *world) executions(f jsruntime.ExecutionFilter) []jsruntime.Execution {
	w.t.Helper()
	f.Limit = jsruntime.MaxPageLimit
	page, err := w.Executions(w.t.Context(), w.tenant, f)
	require.NoError(w.t, err)
	return page.Items
}

// receive returns the next value of the channel, or fails.
func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(10 * time.Second):
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}
