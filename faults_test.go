package jsruntime_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

var errDisk = errors.New("disk full")

func TestStopReturnsAndAnswersTheCallerWhenTheStoreTakesNoOutcome(t *testing.T) {
	st := &faultyStore{Store: store.NewMemory(), finish: func(context.Context, jsruntime.Outcome) error { return errDisk }}
	w := newWorldOn(t, st)
	require.NoError(t, w.Start(t.Context()))
	s := w.active("x")
	answered := make(chan error, 1)
	go func() {
		_, err := w.Execute(context.Background(), w.tenant, s.ID(), nil)
		answered <- err
	}()
	require.Eventually(t, func() bool { return len(w.fake.seen()) == 1 }, 5*time.Second, time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	require.ErrorIs(t, w.Stop(ctx), context.DeadlineExceeded)
	require.ErrorIs(t, receive(t, answered), errDisk)
}

func TestAnOutcomeIsRecordedWhenTheStoreHeals(t *testing.T) {
	var failures atomic.Int64
	st := &faultyStore{Store: store.NewMemory()}
	st.finish = func(ctx context.Context, o jsruntime.Outcome) error {
		if failures.Add(1) <= 3 {
			return errDisk
		}
		return st.Store.FinishExecution(ctx, o)
	}
	w := newWorldOn(t, st)
	require.NoError(t, w.Start(t.Context()))
	e, err := w.Execute(t.Context(), w.tenant, w.active("x").ID(), nil)
	require.NoError(t, err)
	require.Equal(t, jsruntime.ExecutionCompleted, w.execution(e.ID()).Status())
}

// A script at its maximum is claimed again as soon as the outcome is stored, and not when somebody looks by chance.
func TestARunThatWaitsForAnotherOneOfItsScriptBeginsWhenThatIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const runs, slow = 20, 10 * time.Millisecond
		st := &faultyStore{Store: store.NewMemory()}
		st.finish = func(ctx context.Context, o jsruntime.Outcome) error {
			time.Sleep(slow)
			return st.Store.FinishExecution(ctx, o)
		}
		w := newWorldOn(t, st)
		require.NoError(t, w.Start(t.Context()))
		limits := jsruntime.DefaultResourceLimits()
		limits.MaxConcurrentRuns = 1
		s := w.active("x", jsruntime.WithResourceLimits(limits))
		start := time.Now()
		var last jsruntime.Execution
		for range runs {
			var err error
			last, err = w.Submit(t.Context(), w.tenant, s.ID(), nil)
			require.NoError(t, err)
		}
		w.eventually(last.ID(), jsruntime.ExecutionCompleted)
		require.Less(t, time.Since(start), 2*runs*slow)
		require.NoError(t, w.Stop(t.Context()))
	})
}

func TestAnOutcomeThatTheStoreRefusesIsRecordedAsAFailure(t *testing.T) {
	st := &faultyStore{Store: store.NewMemory()}
	st.finish = func(ctx context.Context, o jsruntime.Outcome) error {
		if o.Execution.Status == jsruntime.ExecutionCompleted {
			return jsruntime.ErrInvalid
		}
		return st.Store.FinishExecution(ctx, o)
	}
	w := newWorldOn(t, st)
	require.NoError(t, w.Start(t.Context()))
	e, err := w.Execute(t.Context(), w.tenant, w.active("x").ID(), nil)
	require.NoError(t, err)
	require.Equal(t, jsruntime.ExecutionFailed, e.Status())
	require.ErrorIs(t, e.Failure(), jsruntime.ErrEngine)
	require.Equal(t, jsruntime.ExecutionFailed, w.execution(e.ID()).Status())
}

func TestARunWhoseRecordIsGoneIsForgotten(t *testing.T) {
	st := &faultyStore{Store: store.NewMemory(), finish: func(context.Context, jsruntime.Outcome) error { return jsruntime.ErrNotFound }}
	st.execution = func() error { return errDisk }
	w := newWorldOn(t, st)
	require.NoError(t, w.Start(t.Context()))
	g := newGated()
	w.fake.on("slow", g.run)
	s := w.active("slow")
	failed := make(chan error, 1)
	go func() { _, err := w.Execute(context.Background(), w.tenant, s.ID(), nil); failed <- err }()
	job := receive(t, g.entered)
	cancelled := make(chan error, 1)
	go func() { cancelled <- w.Cancel(t.Context(), w.tenant, job.Context.Execution.ID) }()
	require.ErrorIs(t, receive(t, failed), errDisk)
	receive(t, cancelled)
}

// What was pending runs at once, and its host functions may call the Runtime.
func TestWhatStartRunsMayCallTheRuntime(t *testing.T) {
	w := newWorld(t)
	w.fake.on("publishes", func(ctx context.Context, _ jsruntime.Job) jsruntime.Result {
		if err := w.Publish(ctx, jsruntime.NewEvent(w.tenant, "done", nil)); err != nil {
			return jsruntime.Result{Err: &jsruntime.ScriptError{Kind: jsruntime.FailureException, Message: err.Error()}}
		}
		return jsruntime.Result{Output: []byte("1")}
	})
	require.NoError(t, w.Start(t.Context()))
	for range 20 {
		e, err := w.Submit(t.Context(), w.tenant, w.active("publishes").ID(), nil, jsruntime.WithRunAt(time.Now().Add(20*time.Millisecond)))
		require.NoError(t, err)
		require.NoError(t, w.Stop(t.Context()))
		time.Sleep(25 * time.Millisecond)
		require.NoError(t, w.Start(t.Context()))
		w.eventually(e.ID(), jsruntime.ExecutionCompleted)
	}
}

func TestAnOutcomeThatWasStoredAlthoughTheStoreSaidNotIsPublished(t *testing.T) {
	var once atomic.Bool
	st := &faultyStore{Store: store.NewMemory()}
	st.finish = func(ctx context.Context, o jsruntime.Outcome) error {
		err := st.Store.FinishExecution(ctx, o)
		if once.CompareAndSwap(false, true) {
			return errDisk
		}
		return err
	}
	w := newWorldOn(t, st)
	require.NoError(t, w.Start(t.Context()))
	e, err := w.Execute(t.Context(), w.tenant, w.active("x").ID(), nil, firstStored())
	require.NoError(t, err)
	require.Equal(t, jsruntime.ExecutionCompleted, e.Status())
	w.events.of(t, jsruntime.EventExecutionCompleted)
}

func TestAQueuedRunSurvivesABadMomentOfTheStore(t *testing.T) {
	var failures atomic.Int64
	st := &faultyStore{Store: store.NewMemory()}
	w := newWorldOn(t, st)
	require.NoError(t, w.Start(t.Context()))
	s := w.active("x")
	st.read = func() error {
		if n := failures.Add(1); n > 1 && n < 5 { // the first read is Submit's own
			return errDisk
		}
		return nil
	}
	e, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	w.eventually(e.ID(), jsruntime.ExecutionCompleted)
}

func TestACallerLearnsThatAnotherNodeEndedItsPendingRun(t *testing.T) {
	st := store.NewMemory()
	a, b := newWorldOn(t, st, jsruntime.WithMaxConcurrentRuns(1)), newWorldOn(t, st)
	b.tenant = a.tenant
	g := newGated()
	a.fake.on("slow", g.run)
	require.NoError(t, a.Start(t.Context()))
	s := a.active("slow")
	_, err := a.Submit(t.Context(), a.tenant, s.ID(), nil)
	require.NoError(t, err)
	receive(t, g.entered)
	answered := make(chan jsruntime.Execution)
	go func() {
		e, err := a.Execute(context.Background(), a.tenant, s.ID(), nil)
		if err != nil {
			t.Error(err)
		}
		answered <- e
	}()
	pending := jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionPending}}
	require.Eventually(t, func() bool { return len(a.executions(pending)) == 1 }, 5*time.Second, time.Millisecond)
	require.NoError(t, b.Cancel(t.Context(), a.tenant, a.executions(pending)[0].ID()))
	require.Equal(t, jsruntime.ExecutionCancelled, receive(t, answered).Status())
	close(g.release)
}

func TestPanicsOfTheApplicationAndTheExecutorAreContained(t *testing.T) {
	for name, opts := range map[string][]jsruntime.Option{
		"recorded": nil, "unrecorded": {jsruntime.WithRecording(jsruntime.RecordNone)},
	} {
		t.Run(name, func(t *testing.T) {
			w := startedWorld(t, append(opts, jsruntime.WithMaxConcurrentRuns(1),
				jsruntime.WithFunction("bad", func(context.Context, jsruntime.FunctionCall) (any, error) { panic("secret") }),
				jsruntime.WithSecrets(func(context.Context, uuid.UUID, string) (string, error) { panic("secret") }),
			)...)
			w.fake.on("panics", func(context.Context, jsruntime.Job) jsruntime.Result { panic("secret") })
			w.fake.on("calls", calls([]string{"bad", jsruntime.SecretsGet}, "name"))
			for range 2 { // one slot: it must be free again
				e, err := w.Execute(t.Context(), w.tenant, w.active("panics").ID(), nil)
				require.NoError(t, err)
				require.ErrorIs(t, e.Failure(), jsruntime.ErrEngine)
				require.NotContains(t, e.Error(), "secret")
				e, err = w.Execute(t.Context(), w.tenant, w.active("calls").ID(), nil)
				require.NoError(t, err)
				require.Equal(t, []any{"function bad: internal error", "function secrets.get: internal error"}, e.Output())
			}
		})
	}
	w := startedWorld(t, jsruntime.WithTenantLimits(func(context.Context, uuid.UUID) (jsruntime.ResourceLimits, error) {
		panic("secret")
	}))
	_, err := w.Execute(t.Context(), w.tenant, w.active("x").ID(), nil)
	require.ErrorContains(t, err, "limits of tenant")
}

func TestValuesNestedTooDeepAreRefusedAndHurtNobody(t *testing.T) {
	w := startedWorld(t)
	w.active("x", jsruntime.WithHTTP("/"), jsruntime.WithEventTypes("a"))
	nested := func(n int) string { return `{"a":` + strings.Repeat("[", n) + strings.Repeat("]", n) + "}" }
	url := w.serve() + "/"
	for depth, want := range map[int]int{999: 200, 1000: 400, 9999: 400, 50_000: 400} {
		answer, _ := send(t, "POST", url, nested(depth), "Content-Type", "application/json")
		require.Equal(t, want, answer.StatusCode, depth)
	}
	event := jsruntime.NewEvent(w.tenant, "a", nil)
	event.Payload = []byte(nested(9999))
	require.Equal(t, []string{"payload"}, fieldsOf(t, w.Publish(t.Context(), event)))

	w.fake.on("deep", returns(nested(9999)))
	e, err := w.Execute(t.Context(), w.tenant, w.active("deep").ID(), nil)
	require.NoError(t, err)
	require.ErrorIs(t, e.Failure(), jsruntime.ErrOutput)
	require.NotEmpty(t, w.executions(jsruntime.ExecutionFilter{}))
}

func TestUnrecordedRunsCanBeCancelledAndAreForgottenAfterwards(t *testing.T) {
	w := startedWorld(t, jsruntime.WithRecording(jsruntime.RecordNone))
	entered := make(chan uuid.UUID, 1)
	w.fake.on("endless", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
		entered <- job.Context.Execution.ID
		return untilCancelled(ctx, job)
	})
	s := w.active("endless")
	ended := make(chan jsruntime.Execution)
	go func() {
		e, err := w.Execute(context.Background(), w.tenant, s.ID(), nil)
		if err != nil {
			t.Error(err)
		}
		ended <- e
	}()
	id := receive(t, entered)
	require.ErrorIs(t, w.Cancel(t.Context(), uuid.New(), id), jsruntime.ErrNotFound, "another tenant's")
	go func() {
		if err := w.Cancel(context.Background(), w.tenant, id); err != nil {
			t.Error(err)
		}
	}()
	require.Equal(t, jsruntime.ExecutionCancelled, receive(t, ended).Status())
	require.ErrorIs(t, w.Cancel(t.Context(), w.tenant, id), jsruntime.ErrNotFound)
}

func TestRunsThatCannotBeStoppedCountAgainstTheirScript(t *testing.T) {
	w := startedWorld(t, jsruntime.WithMaxConcurrentRuns(4))
	back := make(chan struct{})
	w.fake.on("stuck", func(context.Context, jsruntime.Job) jsruntime.Result {
		return jsruntime.Result{Err: &jsruntime.ScriptError{Kind: jsruntime.FailureTimeout, Message: "late"}, Abandoned: back}
	})
	limits := jsruntime.DefaultResourceLimits()
	limits.MaxConcurrentRuns = 1
	stuck, s := w.active("stuck", jsruntime.WithResourceLimits(limits)), w.active("x")
	_, err := w.Execute(t.Context(), w.tenant, stuck.ID(), nil)
	require.NoError(t, err)
	for range 5 {
		_, err = w.Execute(t.Context(), w.tenant, stuck.ID(), nil)
		require.ErrorIs(t, err, jsruntime.ErrOverloaded)
	}
	_, err = w.Execute(t.Context(), w.tenant, s.ID(), nil)
	require.NoError(t, err)
	close(back)
	require.Eventually(t, func() bool {
		_, err := w.Execute(t.Context(), w.tenant, stuck.ID(), nil)
		return err == nil
	}, 5*time.Second, time.Millisecond)
}

func TestABacklogOfRecordedRunsDoesNotStarveAnUnrecordedOne(t *testing.T) {
	w := startedWorld(t, jsruntime.WithMaxConcurrentRuns(1), jsruntime.WithRecording(jsruntime.RecordNone))
	g := newGated()
	w.fake.on("slow", g.run)
	s := w.active("slow")
	for range 50 {
		_, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
		require.NoError(t, err)
	}
	receive(t, g.entered)
	other := uuid.New()
	o := w.activeOf(other, "x")
	done := make(chan error)
	go func() {
		_, err := w.Execute(context.Background(), other, o.ID(), nil)
		done <- err
	}()
	for range 25 { // half of the backlog
		select {
		case err := <-done:
			require.NoError(t, err)
			close(g.release)
			return
		case g.release <- struct{}{}:
			time.Sleep(time.Millisecond) // for the other run to be waiting when the next slot becomes free
		}
	}
	require.Fail(t, "the unrecorded run still waits")
}

func TestWhatAHostFunctionStartsCountsAsCausedByTheScript(t *testing.T) {
	var w *world
	refused := make(chan error, 100)
	w = startedWorld(t, jsruntime.WithFunction("publish", func(ctx context.Context, call jsruntime.FunctionCall) (any, error) {
		err := w.Publish(ctx, jsruntime.NewEvent(call.TenantID, "again", nil))
		if err != nil {
			refused <- err
		}
		return nil, err
	}))
	w.fake.on("x", calls([]string{"publish"}))
	w.active("x", jsruntime.WithEventTypes("again"))
	require.NoError(t, w.Publish(t.Context(), jsruntime.NewEvent(w.tenant, "again", nil)))
	require.ErrorIs(t, receive(t, refused), jsruntime.ErrDepthLimit)
	require.Len(t, w.fake.seen(), 8)
}

func TestCancelSaysSoWhenTheRunEndedOtherwise(t *testing.T) {
	w := startedWorld(t)
	entered := make(chan struct{})
	w.fake.on("stubborn", func(ctx context.Context, _ jsruntime.Job) jsruntime.Result {
		close(entered)
		<-ctx.Done()
		return jsruntime.Result{Output: []byte("1")}
	})
	e, err := w.Submit(t.Context(), w.tenant, w.active("stubborn").ID(), nil)
	require.NoError(t, err)
	receive(t, entered)
	var transition *jsruntime.TransitionError
	require.ErrorAs(t, w.Cancel(t.Context(), w.tenant, e.ID()), &transition)
	require.Equal(t, "completed", transition.From)
}

func TestAnApplicationsOwnTimeLimitIsAnsweredAsSuch(t *testing.T) {
	w := startedWorld(t)
	w.fake.on("endless", untilCancelled)
	w.active("endless", jsruntime.WithHTTP("/"))
	handler := w.HTTPHandler(func(*http.Request) (uuid.UUID, error) { return w.tenant, nil })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx))
	require.Equal(t, http.StatusGatewayTimeout, answer.Code)
}

func TestRedirectsToCleanPathsKeepTheStrippedPrefix(t *testing.T) {
	w := startedWorld(t)
	w.fake.on("moves", returns(`{"status":302,"headers":{"location":"/elsewhere"}}`))
	w.active("x", jsruntime.WithHTTP("/dir/"))
	w.active("moves", jsruntime.WithHTTP("/moves"))
	server := httptest.NewServer(http.StripPrefix("/t/acme", w.HTTPHandler(func(*http.Request) (uuid.UUID, error) { return w.tenant, nil })))
	t.Cleanup(server.Close)
	for path, want := range map[string]string{
		"/t/acme/dir": "/t/acme/dir/", "/t/acme//dir/x": "/t/acme/dir/x", "/t/acme/moves": "/elsewhere", "/t/acme/dir/x": "",
	} {
		answer, _ := send(t, "GET", server.URL+path, "")
		require.Equal(t, want, answer.Header.Get("Location"), path)
	}
}

func TestARunSubmittedForLaterDoesNotSilenceTheSchedule(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		time.Sleep(time.Second)
		s := w.active("x", cron(t, "0 * * * *"))
		_, err := w.Submit(t.Context(), w.tenant, s.ID(), nil, jsruntime.WithRunAt(time.Now().AddDate(1, 0, 0)))
		require.NoError(t, err)
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		require.Len(t, w.fake.seen(), 3)
	})
}

func TestAScriptThatWasDisabledWhileItsRunWaitedDoesNotRun(t *testing.T) {
	w := startedWorld(t, jsruntime.WithMaxConcurrentRuns(1), jsruntime.WithRecording(jsruntime.RecordNone))
	g := newGated()
	w.fake.on("slow", g.run)
	slow, s := w.active("slow"), w.active("x")
	go func() { _, _ = w.Execute(context.Background(), w.tenant, slow.ID(), nil) }()
	receive(t, g.entered)
	done := make(chan error)
	go func() {
		_, err := w.Execute(context.Background(), w.tenant, s.ID(), nil)
		done <- err
	}()
	time.Sleep(20 * time.Millisecond) // until it waits; when it does not yet, it is refused at once, which is as good
	_, err := w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusDisabled, 1)
	require.NoError(t, err)
	close(g.release)
	require.ErrorIs(t, receive(t, done), jsruntime.ErrNotActive)
	require.Len(t, w.fake.seen(), 1)
}
