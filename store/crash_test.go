package store

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/jsruntime/jsruntime"
)

// The crash test: a process accepts executions from three triggers, on one file, and is killed over and over. What it
// acknowledged, line by line, has to be there afterwards.
const (
	crashFile  = "JSRUNTIME_CRASH_FILE"  // tells the program that it is that process, and where its file is
	crashKills = "JSRUNTIME_CRASH_KILLS" // how often it is killed; see make crash
)

var crashTenant = uuid.MustParse("6f1f7a38-9f0c-4f5e-8f5e-2b1a3c4d5e6f")

// sideEffects is an executor whose scripts write down that they ran, with one write to the end of a file.
type sideEffects struct{}

func (sideEffects) Check(context.Context, jsruntime.Source) error { return nil }

func (sideEffects) Run(ctx context.Context, job jsruntime.Job) jsruntime.Result {
	if job.Context.Trigger.Type != jsruntime.TriggerHTTP || rand.IntN(2) == 0 {
		if _, err := job.Host.Call(ctx, "effect", nil); err != nil {
			return jsruntime.Result{Err: err}
		}
	}
	time.Sleep(time.Duration(rand.IntN(3)) * time.Millisecond)
	return jsruntime.Result{Output: []byte(`{"done":true}`)}
}

// crashWorld is a Runtime with the three scripts.
type crashWorld struct {
	*jsruntime.Runtime
	store                    *Bolt
	submitted, evented, http jsruntime.Script
}

func openCrashWorld(ctx context.Context, path string) (*crashWorld, error) {
	st, err := Open(path, WithLockTimeout(10*time.Second)) // the one that was killed may still hold it
	if err != nil {
		return nil, err
	}
	effects, err := os.OpenFile(path+".effects", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	effect := jsruntime.WithFunction("effect", func(_ context.Context, call jsruntime.FunctionCall) (any, error) {
		_, err := fmt.Fprintln(effects, call.ExecutionID)
		return nil, err
	}, jsruntime.Uncounted)
	w := &crashWorld{store: st}
	if w.Runtime, err = jsruntime.New(st, sideEffects{}, effect, jsruntime.WithMaxConcurrentRuns(8), jsruntime.WithMaxPendingRuns(20)); err != nil {
		return nil, err
	}
	limits := jsruntime.DefaultResourceLimits()
	limits.MaxConcurrentRuns = 8
	for _, s := range []struct {
		to     *jsruntime.Script
		name   string
		option jsruntime.ScriptOption
	}{
		{&w.submitted, "submitted", jsruntime.WithScriptType(jsruntime.ScriptTypeOneOff)},
		{&w.evented, "evented", jsruntime.WithEventTypes("crash.*")},
		{&w.http, "http", jsruntime.WithHTTP("/crash")},
	} {
		if *s.to, err = w.ScriptByName(ctx, crashTenant, s.name); err == nil {
			continue // its source changes: see accept
		}
		script := jsruntime.NewScript(crashTenant, s.name, "return 1", s.option, jsruntime.WithResourceLimits(limits))
		if *s.to, err = w.Register(ctx, script); err != nil {
			return nil, err
		}
	}
	return w, w.Start(ctx)
}

// crashChild accepts executions until it is killed. A line on its output is an acknowledgement.
func crashChild(path string) error {
	ctx := context.Background()
	w, err := openCrashWorld(ctx, path)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	handler := w.HTTPHandler(func(*http.Request) (uuid.UUID, error) { return crashTenant, nil })
	failed := make(chan error)
	accept := func(one func() (string, error)) {
		for {
			line, err := one()
			if errors.Is(err, jsruntime.ErrOverloaded) { // more is accepted than can run
				time.Sleep(time.Millisecond)
				continue
			}
			if err != nil {
				failed <- err
				return
			}
			fmt.Println(line) // one write
		}
	}
	for range 2 {
		go accept(func() (string, error) {
			e, err := w.Submit(ctx, crashTenant, w.submitted.ID(), map[string]any{"a": 1})
			if err != nil {
				return "", err
			}
			return "submitted " + e.ID().String(), nil
		})
		go accept(func() (string, error) {
			e := jsruntime.NewEvent(crashTenant, "crash.happened", 1)
			return "event " + e.ID.String(), w.Publish(ctx, e)
		})
		go accept(func() (string, error) {
			answer := httptest.NewRecorder()
			handler.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/crash", strings.NewReader("{}")))
			if answer.Code == http.StatusTooManyRequests {
				return "", jsruntime.ErrOverloaded
			}
			if answer.Code != http.StatusOK {
				return "", fmt.Errorf("status %d: %s", answer.Code, answer.Body)
			}
			return "http " + answer.Header().Get(jsruntime.ExecutionIDHeader), nil
		})
	}
	go accept(func() (string, error) {
		s, err := w.Script(ctx, crashTenant, w.submitted.ID())
		if err == nil {
			s, err = w.UpdateScript(ctx, s.SetSource("return "+strconv.Itoa(s.VersionNumber()+1)), jsruntime.Change{})
		}
		if err != nil {
			return "", err
		}
		return "version " + strconv.Itoa(s.VersionNumber()), nil
	})
	return <-failed
}

func TestNothingThatWasAcknowledgedIsLostWhenTheProcessIsKilled(t *testing.T) {
	kills := 5
	if n, err := strconv.Atoi(os.Getenv(crashKills)); err == nil {
		kills = n
	}
	path := filepath.Join(t.TempDir(), "crash.db")
	acknowledged := map[string][]string{}
	for range kills {
		runUntilKilled(t, path, acknowledged)
	}
	t.Logf("killed %d times: acknowledged %d submitted, %d events, %d answers, %d versions",
		kills, len(acknowledged["submitted"]), len(acknowledged["event"]), len(acknowledged["http"]), len(acknowledged["version"]))
	for _, kind := range []string{"submitted", "event", "http", "version"} {
		require.NotEmpty(t, acknowledged[kind], kind)
	}

	w, err := openCrashWorld(t.Context(), path)
	require.NoError(t, err)
	require.Eventually(t, func() bool {
		counts, err := w.store.CountExecutions(t.Context(), crashTenant, uuid.Nil)
		return err == nil && counts[jsruntime.ExecutionPending]+counts[jsruntime.ExecutionRunning] == 0
	}, 5*time.Minute, 10*time.Millisecond)
	require.NoError(t, w.Stop(t.Context()))
	w.requireAll(t, acknowledged)
	w.requireOnce(t, path)
	w.requireVersions(t)
	require.NoError(t, w.store.Close())
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	require.NoError(t, err)
	require.NoError(t, db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			return err
		}
		return nil
	}))
	require.NoError(t, db.Close())
}

// runUntilKilled runs the process for a while, and collects what it acknowledged.
func runUntilKilled(t *testing.T, path string, acknowledged map[string][]string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), crashFile+"="+path)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var read sync.WaitGroup
	var ready atomic.Bool
	read.Go(func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if lines.Text() == "ready" {
				ready.Store(true)
				time.AfterFunc(time.Duration(5+rand.IntN(200))*time.Millisecond, func() { _ = cmd.Process.Kill() })
				continue
			}
			kind, id, _ := strings.Cut(lines.Text(), " ")
			acknowledged[kind] = append(acknowledged[kind], id)
		}
	})
	read.Wait()
	err = cmd.Wait()
	require.True(t, ready.Load(), "%v: %s", err, stderr.String())
	require.ErrorContains(t, err, "killed", stderr.String())
}

// requireAll fails for an acknowledgement without an execution that has come to its end.
func (w *crashWorld) requireAll(t *testing.T, acknowledged map[string][]string) {
	t.Helper()
	ended := func(id uuid.UUID) jsruntime.Execution {
		e, err := w.Execution(t.Context(), crashTenant, id)
		require.NoError(t, err)
		require.True(t, e.Status().IsTerminal(), "%s is %s", id, e.Status())
		return e
	}
	for _, id := range acknowledged["submitted"] {
		ended(uuid.MustParse(id))
	}
	for _, id := range acknowledged["http"] { // which was answered with what it returned
		require.Equal(t, jsruntime.ExecutionCompleted, ended(uuid.MustParse(id)).Status())
	}
	for _, id := range acknowledged["event"] {
		held, err := w.store.DedupeKey(t.Context(), crashTenant, fmt.Sprintf("event:%s:%s", id, w.evented.ID()))
		require.NoError(t, err)
		ended(held.ExecutionID)
	}
}

// requireOnce fails for an execution that ran twice, or that has completed without having run.
func (w *crashWorld) requireOnce(t *testing.T, path string) {
	t.Helper()
	raw, err := os.ReadFile(path + ".effects")
	require.NoError(t, err)
	ran := map[string]int{}
	for id := range strings.FieldsSeq(string(raw)) {
		ran[id]++
		require.Equal(t, 1, ran[id], id)
	}
	page := jsruntime.ExecutionFilter{Statuses: []jsruntime.ExecutionStatus{jsruntime.ExecutionCompleted}}
	page.Limit = jsruntime.MaxPageLimit
	completed := 0
	for {
		p, err := w.Executions(t.Context(), crashTenant, page)
		require.NoError(t, err)
		for _, e := range p.Items {
			if e.TriggerType() != jsruntime.TriggerHTTP { // of which half do nothing
				require.Equal(t, 1, ran[e.ID().String()], e.ID())
			}
			completed++
		}
		if page.After = p.Next; p.Next == "" {
			break
		}
	}
	require.Positive(t, completed)
}

// requireVersions fails for a gap in the versions of the script that was updated.
func (w *crashWorld) requireVersions(t *testing.T) {
	t.Helper()
	script, err := w.Script(t.Context(), crashTenant, w.submitted.ID())
	require.NoError(t, err)
	want := script.VersionNumber()
	page := jsruntime.PageRequest{Limit: jsruntime.MaxPageLimit}
	for {
		p, err := w.store.Versions(t.Context(), crashTenant, script.ID(), page)
		require.NoError(t, err)
		for _, v := range p.Items {
			require.Equal(t, want, v.VersionNumber)
			want--
		}
		if page.After = p.Next; p.Next == "" {
			break
		}
	}
	require.Zero(t, want)
}
