package fetch_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime/capability/fetch"
)

func TestEachRequestIsReportedOnce(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/moved":
			http.Redirect(w, r, "/long", http.StatusTemporaryRedirect)
		case "/long":
			w.Write(make([]byte, 300<<10))
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	})
	reports := make(chan fetch.Report, 10)
	r := newRealm(t, open, fetch.OnRequest(func(report fetch.Report) { reports <- report }))
	r.text(at+"/moved?token=secret#x", withMethod("POST"), withBody("four"))
	report := await(t, reports)
	require.Equal(t, r.call.TenantID, report.TenantID)
	require.Equal(t, r.call.ScriptID, report.ScriptID)
	require.Equal(t, r.call.ExecutionID, report.ExecutionID)
	require.Equal(t, "POST", report.Method)
	require.Equal(t, at+"/moved", report.URL)
	require.Equal(t, 200, report.Status)
	require.Equal(t, 1, report.Redirects)
	require.Equal(t, int64(4), report.RequestBytes)
	require.Equal(t, int64(300<<10), report.ResponseBytes)
	require.Positive(t, report.Duration)
	require.NoError(t, report.Err)

	r.text(at + "/none")
	report = await(t, reports)
	require.Equal(t, http.StatusNoContent, report.Status)
	require.NoError(t, report.Err)

	err := r.failure("http://169.254.169.254/latest?x=1")
	report = await(t, reports)
	require.Equal(t, "http://169.254.169.254/latest", report.URL)
	require.Zero(t, report.Status)
	require.ErrorIs(t, report.Err, fetch.ErrNotAllowed)
	require.Contains(t, report.Err.Error(), err.Error())

	a, err := r.send(at + "/long")
	require.NoError(t, err)
	_, err = r.functions.Abort(r.ctx, r.with(a.id))
	require.NoError(t, err)
	report = await(t, reports)
	require.ErrorIs(t, report.Err, fetch.ErrAborted)
	require.Less(t, report.ResponseBytes, int64(300<<10))

	_, err = r.send("nonsense")
	require.Error(t, err)
	require.Empty(t, reports, "what is no request has no report")
}

func TestAPanicOfTheHookDoesNoHarm(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fine") })
	r := newRealm(t, open, fetch.MaxTenantRequests(1), fetch.OnRequest(func(fetch.Report) { panic("hook") }))
	for range 3 {
		require.Equal(t, "fine", r.text(at))
	}
}
