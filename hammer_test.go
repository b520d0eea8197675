package jsruntime_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
)

// hammer does everything that one can do with a Runtime, from many goroutines, while it is started and stopped.
type hammer struct {
	*jsruntime.Runtime
	t       *testing.T
	store   jsruntime.Store
	tenant  uuid.UUID
	scripts []jsruntime.Script // queued, waited for, embedded, evented; and one whose status changes

	mu           sync.Mutex
	ran          map[uuid.UUID]int
	acknowledged map[uuid.UUID]jsruntime.ExecutionStatus // empty for what was only accepted
	ids          []uuid.UUID
}

const hammerers = 8

// What the scripts do: one that nobody notices, and one that calls the host.
const (
	quiet   = "let n = 0; for (let i = 0; i < 1000; i++) n += i; return n"
	noticed = "let n = 0; for (let i = 0; i < 1000; i++) n += i; await count(); return n"
)

func TestWhateverIsDoneAtOnceNothingHangsLeaksOrIsLost(t *testing.T) {
	quick := newFake()
	quick.on(noticed, calls([]string{"count"}))
	for name, executor := range map[string]jsruntime.Executor{"fake": quick, "vm": vm.New()} {
		t.Run(name, func(t *testing.T) {
			seed := seedOf(t)
			h := newHammer(t, executor)
			before := goleak.IgnoreCurrent()
			var wg sync.WaitGroup
			end := time.Now().Add(2 * time.Second)
			for i := range uint64(hammerers) {
				wg.Go(func() {
					random := rand.New(rand.NewPCG(seed, i))
					for time.Now().Before(end) {
						h.strike(random)
					}
				})
			}
			done := make(chan struct{})
			go func() { wg.Wait(); close(done) }()
			h.within(done, "the calls")
			h.stop()
			goleak.VerifyNone(t, before)
			require.Zero(t, h.counts()[jsruntime.ExecutionRunning], "a Stop leaves nothing running")
			h.drain()
			goleak.VerifyNone(t, before)
			h.check()
		})
	}
}

func newHammer(t *testing.T, executor jsruntime.Executor) *hammer {
	t.Helper()
	h := &hammer{
		t: t, store: store.NewMemory(), tenant: uuid.New(),
		ran: map[uuid.UUID]int{}, acknowledged: map[uuid.UUID]jsruntime.ExecutionStatus{},
	}
	var err error
	h.Runtime, err = jsruntime.New(h.store, executor, jsruntime.WithMaxConcurrentRuns(4), jsruntime.WithFunction("count", h.count),
		jsruntime.WithRecording(jsruntime.RecordOutcomes, jsruntime.ScriptTypeEmbedded))
	require.NoError(t, err)
	limits := jsruntime.DefaultResourceLimits()
	limits.MaxAPICallsPerMinute = 1_000_000
	for i, opt := range []jsruntime.ScriptOption{
		jsruntime.WithTags("queued"), jsruntime.WithTags("waited for"), jsruntime.WithScriptType(jsruntime.ScriptTypeEmbedded),
		jsruntime.WithEventTypes("struck"), jsruntime.WithTags("moody"),
	} {
		s, err := h.CreateScript(t.Context(), jsruntime.NewScript(h.tenant, fmt.Sprint("script ", i), []string{quiet, noticed}[i%2], opt, jsruntime.WithResourceLimits(limits)))
		require.NoError(t, err)
		s, err = h.SetStatus(t.Context(), h.tenant, s.ID(), jsruntime.ScriptStatusActive, 1)
		require.NoError(t, err)
		h.scripts = append(h.scripts, s)
	}
	return h
}

// count is a host function that counts how often each execution did something.
func (h *hammer) count(_ context.Context, call jsruntime.FunctionCall) (any, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ran[call.ExecutionID]++
	return nil, nil
}

// context returns one that has ended, ends soon, or lasts.
func (h *hammer) context(random *rand.Rand) (context.Context, context.CancelFunc) {
	switch random.IntN(4) {
	case 0:
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		return ctx, cancel
	case 1:
		return context.WithTimeout(context.Background(), time.Duration(random.IntN(5000))*time.Microsecond)
	default:
		return context.WithCancel(context.Background())
	}
}

func (h *hammer) strike(random *rand.Rand) {
	ctx, cancel := h.context(random)
	defer cancel()
	var e jsruntime.Execution
	var err error
	switch s := h.scripts[random.IntN(len(h.scripts))]; random.IntN(16) {
	case 0:
		err = h.Start(ctx)
	case 1:
		err = h.Stop(ctx)
	case 2, 3, 4:
		if e, err = h.Execute(ctx, h.tenant, s.ID(), nil); err == nil {
			h.note(e, e.Status())
		}
	case 5, 6, 7, 8:
		at := time.Now().Add(time.Duration(random.IntN(200)-150) * time.Millisecond)
		if e, err = h.Submit(ctx, h.tenant, s.ID(), nil, jsruntime.WithRunAt(at)); err == nil {
			h.note(e, "")
		}
	case 9, 10:
		_, err = h.Call(ctx, h.tenant, h.scripts[2].Name(), nil)
	case 11, 12:
		err = h.Publish(ctx, jsruntime.NewEvent(h.tenant, "struck", nil))
	case 13:
		to := []jsruntime.ScriptStatus{jsruntime.ScriptStatusActive, jsruntime.ScriptStatusPaused, jsruntime.ScriptStatusDisabled}[random.IntN(3)]
		_, err = h.SetStatus(ctx, h.tenant, h.scripts[4].ID(), to, 1)
	default:
		if id, ok := h.some(random); ok {
			err = h.Cancel(ctx, h.tenant, id)
		}
	}
	h.judge(err)
}

// judge fails on an error that nothing which was done explains.
func (h *hammer) judge(err error) {
	var failure *jsruntime.ScriptError
	if err == nil || errors.As(err, &failure) && failure.Kind == jsruntime.FailureCancelled {
		return
	}
	for _, expected := range []error{
		context.Canceled, context.DeadlineExceeded, jsruntime.ErrNotStarted, jsruntime.ErrNotActive, jsruntime.ErrInvalidTransition,
		jsruntime.ErrConflict, jsruntime.ErrNotFound,
	} {
		if errors.Is(err, expected) {
			return
		}
	}
	h.t.Errorf("unexpected: %v", err)
}

func (h *hammer) note(e jsruntime.Execution, status jsruntime.ExecutionStatus) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.acknowledged[e.ID()] = status
	h.ids = append(h.ids, e.ID())
}

// some returns an execution of late.
func (h *hammer) some(random *rand.Rand) (uuid.UUID, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.ids) == 0 {
		return uuid.Nil, false
	}
	return h.ids[len(h.ids)-1-random.IntN(min(len(h.ids), 20))], true
}

func (h *hammer) within(done <-chan struct{}, what string) {
	h.t.Helper()
	select {
	case <-done:
	case <-time.After(time.Minute):
		panic(what + " hang") // for the stacks of all goroutines
	}
}

func (h *hammer) stop() {
	h.t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := h.Stop(context.Background()); err != nil {
			h.t.Error(err)
		}
	}()
	h.within(done, "Stop")
}

func (h *hammer) counts() map[jsruntime.ExecutionStatus]int64 {
	h.t.Helper()
	counts, err := h.ExecutionCounts(h.t.Context(), h.tenant, uuid.Nil)
	require.NoError(h.t, err)
	return counts
}

// drain starts the Runtime once more and runs what is pending.
func (h *hammer) drain() {
	h.t.Helper()
	if _, err := h.SetStatus(h.t.Context(), h.tenant, h.scripts[4].ID(), jsruntime.ScriptStatusActive, 1); err != nil {
		require.ErrorIs(h.t, err, jsruntime.ErrInvalidTransition) // it is active
	}
	require.NoError(h.t, h.Start(h.t.Context()))
	require.Eventually(h.t, func() bool {
		counts := h.counts()
		return counts[jsruntime.ExecutionPending]+counts[jsruntime.ExecutionRunning] == 0
	}, time.Minute, 5*time.Millisecond)
	h.stop()
}

// check compares what callers were told with the record.
func (h *hammer) check() {
	h.t.Helper()
	require.NotEmpty(h.t, h.acknowledged)
	for id, status := range h.acknowledged {
		e, err := h.Execution(h.t.Context(), h.tenant, id)
		require.NoError(h.t, err)
		require.True(h.t, e.Status().IsTerminal())
		if status != "" {
			require.Equal(h.t, status, e.Status())
		}
		require.NotErrorIs(h.t, e.Failure(), jsruntime.ErrInterrupted, "the store was well all the time")
	}
	require.NotEmpty(h.t, h.ran)
	for id, n := range h.ran {
		require.Equal(h.t, 1, n, "%s did something more than once", id)
	}
}
