package isolate

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// hostileWorker is a worker that a script took over: it gets ready as it should, and then does its worst.
func hostileWorker(how string) {
	if path, ok := strings.CutPrefix(how, "ends while there is "); ok {
		if _, err := os.Stat(path); err == nil {
			return
		}
		os.Exit(serveMain(nil))
	}
	in, out := pipes()
	r, w := newFrameReader(in), &frameWriter{w: out}
	_, payload, err := r.read(anyFrame)
	if err != nil {
		return
	}
	h, _ := decodeHello(payload)
	if how == "other build" {
		h.fingerprint += "x"
		s := newServer(w, nil, 0)
		_ = w.write(ready{problem: s.prepare(h)}.encode())
		return
	}
	if how == "talks" {
		_, _ = out.WriteString("Welcome to the application!\n")
		time.Sleep(time.Hour)
	}
	if how == "ends" {
		_, _ = os.Stderr.WriteString("no database\n\ntraceback")
		return
	}
	_ = w.write(ready{hardening: []Measure{{Name: "none"}}}.encode())
	if how == "answers early" {
		for n := range uint64(100) {
			_ = w.write(done{output: []byte("1")}.encode(n))
		}
	}
	for {
		_, payload, err := r.read(anyFrame)
		if err != nil {
			return
		}
		d := &decoder{buf: payload}
		misbehave(how, d.fixed(), w, out)
	}
}

func misbehave(how string, nonce uint64, w *frameWriter, out *os.File) {
	write := func(e *encoder) { _ = w.write(e) }
	call := func(id uint64, name string, args ...any) {
		e, _ := encodeCall(nonce, id, name, args)
		write(e)
	}
	switch how {
	case "answers early", "is silent":
		time.Sleep(time.Hour)
	case "writes garbage":
		_, _ = out.WriteString(strings.Repeat("garbage", 1000))
	case "writes half a frame":
		_, _ = out.Write([]byte{100, 0, 0, 0, frameDone, 1, 2, 3})
		_ = out.Close()
		time.Sleep(time.Hour)
	case "claims a huge frame":
		_, _ = out.Write([]byte{0xff, 0xff, 0xff, 0x7f, frameCall, 0})
		time.Sleep(time.Hour)
	case "closes its pipe":
		_ = out.Close()
		time.Sleep(time.Hour)
	case "answers for another run":
		write(done{output: []byte("1")}.encode(nonce + 1))
	case "returns more than it may":
		write(done{output: []byte(strings.Repeat("1", 2<<20))}.encode(nonce))
	case "returns what is no JSON":
		write(done{output: []byte("{{{")}.encode(nonce))
	case "says that it was interrupted":
		write(done{failure: &jsruntime.ScriptError{Kind: jsruntime.FailureInterrupted}}.encode(nonce))
	case "adds lines to a check":
		write(done{lines: []jsruntime.LogEntry{{Level: jsruntime.LogInfo, Message: "x"}}}.encode(nonce))
	case "reads no replies":
		for id := uint64(0); ; id++ {
			call(id, "f")
			time.Sleep(100 * time.Microsecond)
		}
	case "answers before it reads the replies":
		for id := range uint64(20) {
			call(id, "f")
		}
		time.Sleep(100 * time.Millisecond)
		write(done{output: []byte("1")}.encode(nonce))
		time.Sleep(time.Hour)
	case "sends a number that is none":
		call(1, "f", int64(1))
	case "goes on when it is idle":
		write(done{output: []byte("1")}.encode(nonce))
		for end := time.Now().Add(time.Minute); time.Now().Before(end); {
		}
	case "floods stderr":
		for {
			_, _ = os.Stderr.WriteString(strings.Repeat("x", 1000))
		}
	case "lies about its costs":
		write(done{
			output: []byte("1"), cpu: 1 << 62, total: 1 << 62, memory: 1 << 62, dropped: 1 << 30, mapped: -1 << 62,
		}.encode(nonce))
	case "returns nothing":
		write(done{}.encode(nonce))
	case "fails in its own way":
		write(done{failure: &jsruntime.ScriptError{Kind: "mine"}}.encode(nonce))
	case "calls what is not granted":
		call(1, "g")
	case "calls without end":
		for id := range uint64(1000) {
			call(id, "f")
		}
		time.Sleep(time.Hour)
	case "calls with a bomb":
		e := newFrame(frameCall, 0)
		e.fixed(nonce)
		e.uint(1)
		e.string("f")
		for range 1000 { // each list says that it has as many items as there are bytes left
			e.byte(valueList)
			e.uint(4 << 20)
		}
		e.raw(make([]byte, 5<<20))
		write(e)
	case "logs without end":
		for {
			write(encodeLog(nonce, jsruntime.LogEntry{Level: jsruntime.LogInfo, Message: strings.Repeat("x", 1<<20)}))
		}
	case "logs in its own way":
		write(encodeLog(nonce, jsruntime.LogEntry{Level: "mine"}))
	case "reads nothing more":
		call(1, "f")
		time.Sleep(time.Hour)
	}
}

func hostileOption(how string) Option {
	return func(s *settings) error {
		s.env = []string{marker + "=test:" + how}
		return nil
	}
}

func TestAWorkerThatAScriptTookOverHurtsItsOwnRunOnly(t *testing.T) {
	for how, want := range map[string]error{
		"answers early":                jsruntime.ErrWorkerCrashed,
		"is silent":                    jsruntime.ErrTimeout,
		"writes garbage":               jsruntime.ErrWorkerCrashed,
		"writes half a frame":          jsruntime.ErrWorkerCrashed,
		"claims a huge frame":          jsruntime.ErrWorkerCrashed,
		"closes its pipe":              jsruntime.ErrWorkerCrashed,
		"answers for another run":      jsruntime.ErrWorkerCrashed,
		"returns more than it may":     jsruntime.ErrWorkerCrashed,
		"returns nothing":              jsruntime.ErrWorkerCrashed,
		"returns what is no JSON":      jsruntime.ErrWorkerCrashed,
		"says that it was interrupted": jsruntime.ErrWorkerCrashed,
		"reads no replies":             jsruntime.ErrWorkerCrashed,
		"sends a number that is none":  jsruntime.ErrWorkerCrashed,
		"floods stderr":                jsruntime.ErrWorkerCrashed,
		"fails in its own way":         jsruntime.ErrWorkerCrashed,
		"calls what is not granted":    jsruntime.ErrWorkerCrashed,
		"calls without end":            jsruntime.ErrWorkerCrashed,
		"calls with a bomb":            jsruntime.ErrWorkerCrashed,
		"logs without end":             jsruntime.ErrWorkerCrashed,
		"logs in its own way":          jsruntime.ErrWorkerCrashed,
		"reads nothing more":           jsruntime.ErrTimeout,
	} {
		t.Run(how, func(t *testing.T) {
			e := open(t, hostileOption(how), WithLeastWorkers(1), WithMostWorkers(1))
			var calls atomic.Int32
			f := host(func(ctx context.Context, _ []any) (any, error) {
				calls.Add(1)
				switch how {
				case "reads nothing more":
					return strings.Repeat("x", 8<<20), nil
				case "reads no replies":
					return strings.Repeat("x", 64<<10), nil
				}
				<-ctx.Done()
				return nil, ctx.Err()
			})
			limit := 300 * time.Millisecond
			if errors.Is(want, jsruntime.ErrWorkerCrashed) {
				limit = 10 * time.Second
			}
			before := readMemory()
			start := time.Now()
			result := e.Run(t.Context(), jobOf("return 1", withTime(limit), withHost(f)))
			require.ErrorIs(t, result.Err, want)
			require.Nil(t, result.Output)
			require.Less(t, time.Since(start), 5*time.Second)
			require.Less(t, readMemory().mapped-before.mapped, int64(100<<20), "what the host took")
			require.LessOrEqual(t, calls.Load(), int32(2*maxHostCalls))
			if errors.Is(want, jsruntime.ErrWorkerCrashed) {
				require.ErrorContains(t, result.Err, "it broke the protocol")
			}
		})
	}
}

func TestAWorkerThatDoesNotGetReadyIsAnErrorOfNew(t *testing.T) {
	for how, want := range map[string]string{
		"other build": "another build of the program",
		"talks":       "something wrote to stdout before isolate.Main",
		"ends":        "it wrote: no database",
	} {
		t.Run(how, func(t *testing.T) {
			_, err := New(hostileOption(how))
			require.ErrorContains(t, err, want)
			require.NotContains(t, err.Error(), "traceback")
		})
	}
}

func TestACheckByAWorkerThatAScriptTookOver(t *testing.T) {
	for _, how := range []string{"adds lines to a check", "writes garbage", "closes its pipe", "says that it was interrupted"} {
		t.Run(how, func(t *testing.T) {
			e := open(t, hostileOption(how), WithLeastWorkers(1))
			require.ErrorIs(t, e.Check(t.Context(), jsruntime.Source{Text: "return 1"}), jsruntime.ErrSyntax)
		})
	}
}

func TestAWorkerThatDoesNotReadItsRepliesIsNotUsedAgain(t *testing.T) {
	e := open(t, hostileOption("answers before it reads the replies"), WithLeastWorkers(1), WithMostWorkers(1))
	f := host(func(context.Context, []any) (any, error) { return strings.Repeat("x", 64<<10), nil })
	for range 2 {
		start := time.Now()
		result := e.Run(t.Context(), jobOf("return 1", withHost(f)))
		require.NoError(t, result.Err)
		require.Nil(t, result.Abandoned)
		require.Less(t, time.Since(start), time.Second)
	}
}

func TestAnIdleWorkerThatGoesOnIsEnded(t *testing.T) {
	e := open(t, hostileOption("goes on when it is idle"), WithLeastWorkers(1), WithMostWorkers(1))
	require.NoError(t, e.Run(t.Context(), jobOf("return 1")).Err)
	eventually(t, "it is ended", func() bool { return e.Stats().Crashes == 1 })
}

func TestCostsThatAWorkerMakesUpStayWithinReason(t *testing.T) {
	e := open(t, hostileOption("lies about its costs"), WithLeastWorkers(1))
	for range 3 {
		result := e.Run(t.Context(), jobOf("return 1"))
		require.NoError(t, result.Err)
		require.Less(t, result.Metrics.CPUTime, time.Minute)
		require.GreaterOrEqual(t, result.Metrics.CPUTime, time.Duration(0))
		require.LessOrEqual(t, result.Metrics.MemoryUsedBytes, int64(largestMemory))
	}
	for _, w := range e.Stats().Workers {
		require.Less(t, w.CPUTime, time.Minute)
		require.GreaterOrEqual(t, w.CPUTime, time.Duration(0))
	}
}
