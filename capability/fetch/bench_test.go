package fetch_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/fetch"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
)

const (
	benchRounds   = 9    // of which the median counts
	benchRequests = 1000 // of a round
	benchRuns     = 200  // of a round
)

// The table compares within one run, round by round in turn: a machine that gets slower meanwhile slows both.
func TestTheTableOfFetch(t *testing.T) {
	if os.Getenv("BENCH_FETCH") == "" {
		t.Skip("measures for a minute; run it with make bench-fetch")
	}
	at, open := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"id":1,"name":"order","lines":[1,2,3]}`)
	})
	defer http.DefaultClient.CloseIdleConnections()
	b := newBench(t, at, open)
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%d requests in one run\tus each\tto Go\t\n", benchRequests)
	b.rows(w, benchRequests,
		row{"Go: client and body", b.inGo(benchRequests, false)},
		row{"Go, bounded as fetch is", b.inGo(benchRequests, true)},
		row{"fetch and text()", b.script(1, requests(`await (await fetch(%[2]q)).text()`, at))},
		row{"fetch and json()", b.script(1, requests(`await (await fetch(%[2]q)).json()`, at))},
		row{"fetch with init", b.script(1, requests(`await (await fetch(%[2]q, {method: "POST", headers: {a: "b"}, body: "c"})).text()`, at))},
	)
	fmt.Fprint(w, "a run\tus each\tto Go\t\n")
	b.rows(w, benchRuns,
		row{"Go: client and body", b.inGo(benchRuns, false)},
		row{"without a request", b.script(benchRuns, `await null; return 1`)},
		row{"one fetch and text()", b.script(benchRuns, fmt.Sprintf(`return await (await fetch(%q)).text()`, at))},
		row{"one fetch with init", b.script(benchRuns, fmt.Sprintf(`return await (await fetch(%q, {method: "POST", headers: {a: "b"}, body: "c"})).json()`, at))},
	)
	require.NoError(t, w.Flush())
	fmt.Print(table.String())
}

func requests(one, at string) string {
	return fmt.Sprintf(`for (let i = 0; i < %[1]d; i++) { `+one+` } return 1`, benchRequests, at)
}

// bench runs scripts, and the same requests without them.
type bench struct {
	t         *testing.T
	at        string
	transport *http.Transport
	rt        *jsruntime.Runtime
	tenant    uuid.UUID
}

func newBench(t *testing.T, at string, open fetch.Option) *bench {
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	b := &bench{t: t, at: at, transport: transport, tenant: uuid.New()}
	var err error
	b.rt, err = jsruntime.New(store.NewMemory(), vm.New(), fetch.Grant(open), jsruntime.WithRecording(jsruntime.RecordNone))
	require.NoError(t, err)
	require.NoError(t, b.rt.Start(t.Context()))
	t.Cleanup(func() { require.NoError(t, b.rt.Stop(context.Background())) })
	return b
}

// inGo makes requests without more than Go needs for them, or with a bound on their time and size, as fetch has.
func (b *bench) inGo(n int, bounded bool) func() {
	client := http.Client{Transport: b.transport}
	if bounded {
		client.Timeout = time.Minute
	}
	const most = 10 << 20
	once := func() error {
		request, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.at, http.NoBody)
		if err != nil {
			return err
		}
		response, err := client.Do(request)
		if err != nil {
			return err
		}
		body := io.Reader(response.Body)
		if bounded {
			body = io.LimitReader(body, most)
		}
		if _, err = io.ReadAll(body); err != nil {
			return err
		}
		return response.Body.Close()
	}
	return func() {
		for range n {
			if err := once(); err != nil {
				b.t.Fatal(err)
			}
		}
	}
}

// script returns what runs a script n times.
func (b *bench) script(n int, source string) func() {
	limits := jsruntime.DefaultResourceLimits()
	limits.MaxAPICallsPerMinute = 100_000_000
	script, err := b.rt.Register(b.t.Context(), jsruntime.NewScript(b.tenant, source, source, jsruntime.WithResourceLimits(limits)))
	require.NoError(b.t, err)
	return func() {
		for range n {
			execution, err := b.rt.Execute(b.t.Context(), b.tenant, script.ID(), nil)
			require.NoError(b.t, err)
			require.Nil(b.t, execution.Failure())
		}
	}
}

// row is what is measured against the first.
type row struct {
	name string
	run  func()
}

func (b *bench) rows(w io.Writer, times int, rows ...row) {
	took := make([][]time.Duration, len(rows))
	for range benchRounds {
		for i, r := range rows {
			runtime.GC()
			start := time.Now()
			r.run()
			took[i] = append(took[i], time.Since(start))
		}
	}
	median := func(i int) time.Duration { return slices.Sorted(slices.Values(took[i]))[benchRounds/2] }
	for i, r := range rows {
		each := float64(median(i)) / float64(time.Microsecond) / float64(times)
		fmt.Fprintf(w, "%s\t%.1f\t%.2f\t\n", r.name, each, float64(median(i))/float64(median(0)))
	}
}
