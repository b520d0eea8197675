package jsruntime_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/stretchr/testify/require"
)

// state asks for the state at an address.
func state(t *testing.T, url string, headers ...string) (answered, map[string]any) {
	t.Helper()
	answer, body := send(t, "GET", url, "", headers...)
	var fields map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &fields))
	return answer, fields
}

func TestAnAsynchronousScriptAnswersBeforeItRunsAndItsStateCanBeAskedFor(t *testing.T) {
	w := startedWorld(t, jsruntime.WithRecording(jsruntime.RecordNone))
	g := newGated()
	w.fake.on("slow", g.run)
	w.active("slow", jsruntime.WithHTTP("/orders/{id}"), jsruntime.WithAsync(true))
	handler := w.HTTPHandler(func(r *http.Request) (uuid.UUID, error) {
		if r.Header.Get("X-Tenant") == "other" {
			return uuid.New(), nil
		}
		return w.tenant, nil
	})
	server := httptest.NewServer(http.StripPrefix("/t/a b", handler))
	defer server.Close()

	answer, body := send(t, "POST", server.URL+"/t/a%20b/orders/7", `{"n":1}`, "Content-Type", "application/json", "Authorization", "Bearer t")
	id := answer.Header.Get(jsruntime.ExecutionIDHeader)
	location := answer.Header.Get("Location")
	require.Equal(t, 202, answer.StatusCode)
	require.JSONEq(t, `{"id":"`+id+`","status":"pending"}`, body)
	require.Equal(t, "/t/a%20b/.jsruntime/executions/"+id, location)
	job := receive(t, g.entered)
	require.Equal(t, "[redacted]", job.Context.Trigger.Request.Headers["authorization"])
	require.Equal(t, map[string]string{"id": "7"}, job.Context.Trigger.Request.Params)

	answer, fields := state(t, server.URL+location)
	require.Equal(t, []any{200, "1", "no-store"}, []any{answer.StatusCode, answer.Header.Get("Retry-After"), answer.Header.Get("Cache-Control")})
	require.Equal(t, []any{id, "running", 1.0}, []any{fields["id"], fields["status"], fields["attempt"]})
	close(g.release)
	w.eventually(uuid.MustParse(id), jsruntime.ExecutionCompleted)
	answer, fields = state(t, server.URL+location)
	require.Equal(t, []any{200, ""}, []any{answer.StatusCode, answer.Header.Get("Retry-After")})
	require.Equal(t, []any{"completed", 1.0, nil}, []any{fields["status"], fields["output"], fields["error"]})
	for _, at := range []string{"createdAt", "startedAt", "completedAt"} {
		_, err := time.Parse(time.RFC3339Nano, fields[at].(string))
		require.NoError(t, err)
	}

	for _, c := range []struct {
		method, path, tenant string
		status               int
	}{
		{"GET", location, "other", 404}, {"GET", location + "/", "", 404}, {"GET", location + "x", "", 404},
		{"GET", "/t/a%20b/.jsruntime/executions/" + uuid.NewString(), "", 404}, {"GET", "/t/a%20b/.jsruntime/", "", 404},
		{"HEAD", location, "", 200}, {"POST", location, "", 405}, {"OPTIONS", location, "", 204},
	} {
		answer, _ := send(t, c.method, server.URL+c.path, "", "X-Tenant", c.tenant)
		require.Equal(t, c.status, answer.StatusCode, c)
		if c.status == 405 || c.status == 204 {
			require.Equal(t, "GET, HEAD, OPTIONS", answer.Header.Get("Allow"))
		}
	}
}

func TestTheStateOfAFailedRunTellsNoInternals(t *testing.T) {
	w := startedWorld(t)
	w.fake.on("x", func(context.Context, jsruntime.Job) jsruntime.Result {
		return jsruntime.Result{Err: &jsruntime.ScriptError{Kind: jsruntime.FailureException, Message: "internal"}}
	})
	w.active("x", jsruntime.WithHTTP("/"), jsruntime.WithAsync(true))
	url := w.serve()
	answer, _ := send(t, "POST", url+"/", "")
	w.eventually(uuid.MustParse(answer.Header.Get(jsruntime.ExecutionIDHeader)), jsruntime.ExecutionFailed)
	_, fields := state(t, url+answer.Header.Get("Location"))
	require.Equal(t, []any{"failed", "the script failed"}, []any{fields["status"], fields["error"]})
}

func TestTheStateOfOtherExecutionsIsNotFound(t *testing.T) {
	for _, mode := range []jsruntime.RecordingMode{jsruntime.RecordAll, jsruntime.RecordOutcomes} {
		w := startedWorld(t, jsruntime.WithRecording(mode))
		s := w.active("x", jsruntime.WithHTTP("/"))
		url := w.serve()
		answer, _ := send(t, "GET", url+"/", "")
		byHand, err := w.Execute(t.Context(), w.tenant, s.ID(), nil)
		require.NoError(t, err)
		submitted, err := w.Submit(t.Context(), w.tenant, s.ID(), nil)
		require.NoError(t, err)
		for _, id := range []string{answer.Header.Get(jsruntime.ExecutionIDHeader), byHand.ID().String(), submitted.ID().String()} {
			got, _ := send(t, "GET", url+"/.jsruntime/executions/"+id, "")
			require.Equal(t, 404, got.StatusCode)
		}
	}
}

func TestTheStateIsThatOfTheLatestAttempt(t *testing.T) {
	w := startedWorld(t)
	g := newGated()
	w.fake.on("slow", g.run)
	w.active("slow", jsruntime.WithHTTP("/"), jsruntime.WithAsync(true))
	url := w.serve()
	answer, _ := send(t, "POST", url+"/", "")
	receive(t, g.entered)
	id := uuid.MustParse(answer.Header.Get(jsruntime.ExecutionIDHeader))
	record := w.execution(id).Record()
	next := record
	next.ID, next.PreviousID, next.Attempt, next.Status, next.StartedAt, next.Lease = uuid.New(), id, 2, jsruntime.ExecutionPending, time.Time{}, jsruntime.Lease{}
	next.RunAt = time.Now().Add(time.Hour)
	record.Status, record.CompletedAt, record.NextID = jsruntime.ExecutionFailed, time.Now(), next.ID
	require.NoError(t, w.store.FinishExecution(t.Context(), jsruntime.Outcome{Execution: record, From: jsruntime.ExecutionRunning, Next: &next}))
	got, fields := state(t, url+answer.Header.Get("Location"))
	require.Equal(t, []any{id.String(), "pending", 2.0, "1"}, []any{fields["id"], fields["status"], fields["attempt"], got.Header.Get("Retry-After")})
	close(g.release)
}

func TestTheStateIsThatOfTheLatestAttemptHoweverOftenItWasRequeued(t *testing.T) {
	w := startedWorld(t)
	w.active("x", jsruntime.WithHTTP("/"), jsruntime.WithAsync(true))
	url := w.serve()
	_, _ = send(t, "POST", url+"/", "")
	done := w.eventually(w.executions(jsruntime.ExecutionFilter{})[0].ID(), jsruntime.ExecutionCompleted).Record()
	done.Attempt = 3*jsruntime.MaxAttempts + 1
	latest := done
	for attempt := done.Attempt; attempt > 0; attempt-- {
		record := latest
		record.ID, record.Attempt, record.NextID = uuid.New(), attempt, latest.ID
		if attempt == done.Attempt {
			record.NextID = uuid.Nil
		} else {
			record.Status, record.Output, record.Failure = jsruntime.ExecutionFailed, nil, &jsruntime.ScriptError{Kind: jsruntime.FailureException}
		}
		require.NoError(t, w.store.FinishExecution(t.Context(), jsruntime.Outcome{Execution: record}))
		latest = record
	}
	_, fields := state(t, url+"/.jsruntime/executions/"+latest.ID.String())
	require.Equal(t, []any{"completed", float64(done.Attempt)}, []any{fields["status"], fields["attempt"]})
}

func TestAnAsynchronousRequestWithAKeyIsAcceptedOnce(t *testing.T) {
	w := startedWorld(t)
	w.active("x", jsruntime.WithHTTP("/"), jsruntime.WithAsync(true))
	url := w.serve()
	first, body := send(t, "POST", url+"/", "a", "Idempotency-Key", "k")
	again, sameBody := send(t, "POST", url+"/", "a", "Idempotency-Key", "k")
	require.Equal(t, []any{202, "true", body}, []any{again.StatusCode, again.Header.Get(replayed), sameBody})
	require.Equal(t, first.Header.Get("Location"), again.Header.Get("Location"))
	other, _ := send(t, "POST", url+"/", "b", "Idempotency-Key", "k")
	require.Equal(t, 422, other.StatusCode)
	w.eventually(uuid.MustParse(first.Header.Get(jsruntime.ExecutionIDHeader)), jsruntime.ExecutionCompleted)
	again, _ = send(t, "POST", url+"/", "a", "Idempotency-Key", "k")
	require.Equal(t, 202, again.StatusCode)
	require.Len(t, w.fake.seen(), 1)
}

func TestNoScriptHasARouteUnderTheHandlersOwnPath(t *testing.T) {
	for _, path := range []string{"/.jsruntime", "/.jsruntime/", "/.jsruntime/executions/{id}"} {
		require.ErrorIs(t, jsruntime.NewScript(uuid.New(), "x", "x", jsruntime.WithHTTP(path)).Validate(), jsruntime.ErrInvalid)
	}
	require.NoError(t, jsruntime.NewScript(uuid.New(), "x", "x", jsruntime.WithHTTP("/.jsruntimes")).Validate())
}
