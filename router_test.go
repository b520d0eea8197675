package jsruntime_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

func TestAScriptThatWasPausedWhileTheBodyCameInDoesNotRun(t *testing.T) {
	for _, mode := range []jsruntime.RecordingMode{jsruntime.RecordAll, jsruntime.RecordNone} {
		synctest.Test(t, func(t *testing.T) {
			w := startedWorld(t, jsruntime.WithRecording(mode))
			s := w.active("x", jsruntime.WithHTTP("/"))
			body, client := io.Pipe()
			r := httptest.NewRequestWithContext(t.Context(), "POST", "/", body)
			recorded := httptest.NewRecorder()
			done := make(chan struct{})
			go func() {
				defer close(done)
				w.HTTPHandler(func(*http.Request) (uuid.UUID, error) { return w.tenant, nil }).ServeHTTP(recorded, r)
			}()
			_, err := io.WriteString(client, "first")
			require.NoError(t, err)
			_, err = w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusPaused, 1)
			require.NoError(t, err)
			require.NoError(t, client.Close())
			<-done
			require.Equal(t, 404, recorded.Code)
			require.Empty(t, w.fake.seen())
		})
	}
}

func TestAScriptWhoseRouteWasChangedWhileTheBodyCameInDoesNotRun(t *testing.T) {
	for name, change := range map[string]func(jsruntime.Script) jsruntime.Script{
		"path":    func(s jsruntime.Script) jsruntime.Script { return s.SetHTTPPath("/b/{name}") },
		"methods": func(s jsruntime.Script) jsruntime.Script { return s.SetHTTPMethods("PUT") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := startedWorld(t)
				s := w.active("x", jsruntime.WithHTTP("/a/{id}", "POST"))
				body, client := io.Pipe()
				recorded := httptest.NewRecorder()
				done := make(chan struct{})
				go func() {
					defer close(done)
					r := httptest.NewRequestWithContext(t.Context(), "POST", "/a/1", body)
					w.HTTPHandler(func(*http.Request) (uuid.UUID, error) { return w.tenant, nil }).ServeHTTP(recorded, r)
				}()
				_, err := io.WriteString(client, "first")
				require.NoError(t, err)
				_, err = w.UpdateScript(t.Context(), change(s), jsruntime.Change{})
				require.NoError(t, err)
				require.NoError(t, client.Close())
				<-done
				require.Equal(t, 404, recorded.Code)
				require.Empty(t, w.fake.seen())
			})
		})
	}
}

// unreadChanges is a store whose change feed cannot be read while away says so.
type unreadChanges struct {
	jsruntime.Store
	away atomic.Bool
}

func (s *unreadChanges) Changes(ctx context.Context, after int64, limit int) ([]jsruntime.ScriptChange, error) {
	if s.away.Load() {
		return nil, errDisk
	}
	return s.Store.Changes(ctx, after, limit)
}

func TestAPauseHoldsEvenWhereTheRouterCouldNotFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := &unreadChanges{Store: store.NewMemory()}
		w := newWorldOn(t, st, jsruntime.WithRecording(jsruntime.RecordNone))
		require.NoError(t, w.Start(t.Context()))
		s := w.active("x", jsruntime.WithHTTP("/"))
		require.Equal(t, 200, w.ask("GET", "/", "").Code)
		st.away.Store(true)
		_, err := w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusPaused, 1)
		require.NoError(t, err)
		require.Equal(t, 404, w.ask("GET", "/", "").Code)
		time.Sleep(5 * time.Second)
		require.Equal(t, 404, w.ask("GET", "/", "").Code)
		st.away.Store(false)
		_, err = w.SetStatus(t.Context(), w.tenant, s.ID(), jsruntime.ScriptStatusActive, 1)
		require.NoError(t, err)
		require.Equal(t, 200, w.ask("GET", "/", "").Code)
		require.Len(t, w.fake.seen(), 2)
	})
}

func TestARouterFollowsTheChangesOfOtherNodes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		st := store.NewMemory()
		here := newWorldOn(t, st, jsruntime.WithRecording(jsruntime.RecordNone))
		there := newWorldOn(t, st)
		require.NoError(t, here.Start(t.Context()))
		there.tenant = here.tenant
		s := there.active("x", jsruntime.WithHTTP("/"))
		time.Sleep(1100 * time.Millisecond)
		require.Equal(t, 200, here.ask("GET", "/", "").Code)
		_, err := there.SetStatus(t.Context(), there.tenant, s.ID(), jsruntime.ScriptStatusPaused, 1)
		require.NoError(t, err)
		time.Sleep(1100 * time.Millisecond)
		require.Equal(t, 404, here.ask("GET", "/", "").Code)
	})
}

func TestTenantsDoNotSeeOneAnothersRoutes(t *testing.T) {
	w := startedWorld(t)
	w.activeOf(uuid.New(), "theirs", jsruntime.WithHTTP("/theirs"))
	w.active("ours", jsruntime.WithHTTP("/ours"))
	require.Equal(t, 404, w.ask("GET", "/theirs", "").Code)
	require.Equal(t, 200, w.ask("GET", "/ours", "").Code)
}

func TestConnectIsNoMethodOfAScript(t *testing.T) {
	w := startedWorld(t)
	w.active("x", jsruntime.WithHTTP("/{a}/b"))
	require.Equal(t, 501, w.ask("CONNECT", "//b", "").Code)
	require.Empty(t, w.fake.seen())
}

func TestARedirectKeepsThePathAsItWasEscaped(t *testing.T) {
	w := startedWorld(t)
	w.active("x", jsruntime.WithHTTP("/files/{name}/"))
	address := w.serve()
	for asked, want := range map[string]string{
		"/files/a%2Fb":         "/files/a%2Fb/",
		"/files//a%2fb/":       "/files/a%2fb/",
		"/x/../files/%C3%A4?q": "/files/%C3%A4/?q",
		"/files/%C3%A4?q=%26":  "/files/%C3%A4/?q=%26",
		"//files/a/..":         "/files",
	} {
		answer, _ := send(t, "POST", address+asked, "")
		require.Equal(t, []any{307, want}, []any{answer.StatusCode, answer.Header.Get("Location")}, asked)
	}
	answer, _ := send(t, "POST", address+"/files/a%2Fb/", "")
	require.Equal(t, 200, answer.StatusCode)
	require.Equal(t, "a/b", w.fake.seen()[0].Context.Trigger.Request.Params["name"])
}
