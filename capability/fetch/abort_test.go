package fetch_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime/capability/fetch"
)

func TestAnAbortEndsARequestThatWaitsForItsAnswer(t *testing.T) {
	arrived, gone := make(chan struct{}), make(chan struct{})
	at, open := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
		close(gone)
	})
	r := newRealm(t, open)
	errs := make(chan error, 1)
	go func() {
		_, err := r.sendAs("a", at)
		errs <- err
	}()
	await(t, arrived)
	_, err := r.functions.Abort(r.ctx, r.with("a"))
	require.NoError(t, err)
	err = await(t, errs)
	require.EqualError(t, err, "fetch: aborted")
	require.ErrorIs(t, err, fetch.ErrAborted)
	await(t, gone)
}

func TestAnAbortEndsTheReadingOfABody(t *testing.T) {
	gone := make(chan struct{}, 2)
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) {
		stalling(w, r)
		gone <- struct{}{}
	})
	r := newRealm(t, open)
	a, err := r.send(at)
	require.NoError(t, err)
	require.Equal(t, "begin", string(a.reply["chunk"].([]byte)))
	errs := make(chan error, 4)
	for range cap(errs) {
		go func() {
			_, err := r.functions.Read(r.ctx, r.with(a.id))
			errs <- err
		}()
	}
	_, err = r.functions.Abort(r.ctx, r.with(a.id))
	require.NoError(t, err)
	for range cap(errs) { // a read that comes late finds no response
		require.Regexp(t, `^fetch: (aborted|id: has no response that is open)$`, await(t, errs).Error())
	}
	await(t, gone)
	_, err = r.sendAs(a.id, at)
	require.NoError(t, err, "the id is free again")
}

func TestAnAbortMayOvertakeItsRequest(t *testing.T) {
	r := newRealm(t)
	for range 3 {
		_, err := r.functions.Abort(r.ctx, r.with("early"))
		require.NoError(t, err)
	}
	_, err := r.sendAs("early", "https://example.com")
	require.EqualError(t, err, "fetch: aborted")
	for i := range 10_000 { // of which it remembers few
		_, err := r.functions.Abort(r.ctx, r.with(fmt.Sprint(i)))
		require.NoError(t, err)
	}
}

func TestAnIDIsOneRequestsOwn(t *testing.T) {
	at, open := serve(t, stalling)
	r := newRealm(t, open)
	_, err := r.sendAs("a", at)
	require.NoError(t, err)
	_, err = r.sendAs("a", at)
	require.EqualError(t, err, "fetch: id: is in use")
	other := r.sibling()
	_, err = other.functions.Read(other.ctx, other.with("a"))
	require.EqualError(t, err, "fetch: id: has no response that is open", "nor does another run have it")
	_, err = other.functions.Abort(other.ctx, other.with("a"))
	require.NoError(t, err)
	_, err = other.sendAs("b", at)
	require.NoError(t, err)
	_, err = r.functions.Read(r.ctx, r.with("b"))
	require.Error(t, err)
}

func TestTheEndOfARunEndsWhatItLeftBehind(t *testing.T) {
	const n = 8
	arrived, gone := make(chan struct{}, 2*n), make(chan struct{}, 2*n)
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		defer func() { gone <- struct{}{} }()
		if r.URL.Path == "/hang" {
			<-r.Context().Done()
			return
		}
		stalling(w, r)
	})
	reports := make(chan fetch.Report, 2*n)
	r := newRealm(t, open, fetch.OnRequest(func(report fetch.Report) { reports <- report }))
	errs := make(chan error, n)
	for range n {
		_, err := r.send(at)
		require.NoError(t, err)
		go func() {
			_, err := r.send(at + "/hang")
			errs <- err
		}()
	}
	for range 2 * n {
		await(t, arrived)
	}
	r.end()
	for range n {
		require.ErrorIs(t, await(t, errs), context.Canceled)
	}
	for range 2 * n {
		report := await(t, reports)
		require.ErrorIs(t, report.Err, fetch.ErrAborted)
		require.ErrorIs(t, report.Err, context.Canceled)
	}
	for range 2 * n {
		await(t, gone)
	}
	require.Eventually(t, func() bool {
		runs, tenants := r.functions.Known()
		return runs+tenants+r.functions.Connections() == 0
	}, patience, time.Millisecond, "nothing is remembered of it")
	_, err := r.send(at)
	require.ErrorIs(t, err, context.Canceled, "nor does anything begin afterwards")
}

func TestConcurrentCallsOfARealmDoNoHarm(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 200<<10)) })
	r := newRealm(t, open, fetch.MaxOpenResponses(8), fetch.MaxTenantRequests(6), fetch.MaxHostConnections(4), fetch.MaxConnections(3))
	var calls sync.WaitGroup
	for i := range 200 {
		id := fmt.Sprint(i % 50)
		calls.Go(func() { _, _ = r.sendAs(id, at) })
		for range 3 {
			calls.Go(func() {
				for {
					if chunk, err := r.functions.Read(r.ctx, r.with(id)); err != nil || chunk == nil {
						return
					}
				}
			})
		}
		calls.Go(func() { _, _ = r.functions.Abort(r.ctx, r.with(id)) })
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		calls.Wait()
	}()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for turn := 0; ; turn++ { // what nobody reads holds the others up until it is aborted
		_, err := r.functions.Abort(r.ctx, r.with(fmt.Sprint(turn%50)))
		require.NoError(t, err)
		select {
		case <-done:
		case <-timer.C:
			require.Fail(t, "calls did not return")
		default:
			runtime.Gosched()
			continue
		}
		break
	}
	require.NoError(t, r.ctx.Err())
	require.Len(t, r.sibling().text(at), 200<<10, "everything is free again")
}

func TestParallelRequestsOfARunAreAllAnswered(t *testing.T) {
	at, open := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, r.URL.Path)
		w.Write(make([]byte, 100<<10))
	})
	r := newRealm(t, open, fetch.MaxOpenResponses(5), fetch.MaxTenantRequests(4), fetch.MaxHostConnections(2), fetch.KeepAlive(time.Minute))
	var calls sync.WaitGroup
	for i := range 100 {
		calls.Go(func() {
			path := fmt.Sprintf("/%d", i)
			a, err := r.send(at + path)
			if err != nil {
				t.Error(err)
				return
			}
			text, err := r.rest(a)
			if err != nil || len(text) != 100<<10+len(path) || text[:len(path)] != path {
				t.Error(path, len(text), err)
			}
		})
	}
	calls.Wait()
}

func TestATenantIsForgottenWhenItsConnectionsHaveGoneUnused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRealm(t, fetch.KeepAlive(time.Minute), allowing())
		require.ErrorIs(t, r.failure("https://example.com"), fetch.ErrNotAllowed)
		time.Sleep(time.Minute - time.Second)
		require.ErrorIs(t, r.failure("https://example.com"), fetch.ErrNotAllowed)
		time.Sleep(time.Minute - time.Second)
		_, tenants := r.functions.Known()
		require.Equal(t, 1, tenants)
		time.Sleep(2 * time.Second)
		_, tenants = r.functions.Known()
		require.Zero(t, tenants)
	})
}
