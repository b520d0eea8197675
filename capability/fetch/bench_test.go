package fetch_test

import (
	"context"
	"encoding/json"
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
	benchRounds   = 25   // of which the median counts
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
	const post = `await (await fetch(%[2]q, {method: "POST", headers: {a: "b"}, body: "c"})).text()`
	fmt.Fprintf(w, "%d requests in one run\tus each\tto Go\t\n", benchRequests)
	b.rows(w, benchRequests,
		row{"Go: GET, body", b.inGo(benchRequests, exchange{method: http.MethodGet, read: readAll})},
		row{"Go: GET, body, bounded as fetch is", b.inGo(benchRequests, exchange{method: http.MethodGet, read: readBounded, client: http.Client{Timeout: time.Minute}})},
		row{"fetch and text()", b.script(1, requests(`await (await fetch(%[2]q)).text()`, at))},
	)
	b.rows(w, benchRequests,
		row{"Go: GET, body as JSON", b.inGo(benchRequests, exchange{method: http.MethodGet, read: readJSON})},
		row{"fetch and json()", b.script(1, requests(`await (await fetch(%[2]q)).json()`, at))},
	)
	b.rows(w, benchRequests,
		row{"Go: POST with a header and a body", b.inGo(benchRequests, exchange{method: http.MethodPost, body: "c", read: readAll})},
		row{"fetch with these, and text()", b.script(1, requests(post, at))},
	)
	fmt.Fprint(w, "a run\tus each\tto Go\t\n")
	b.rows(w, benchRuns,
		row{"Go: GET, body", b.inGo(benchRuns, exchange{method: http.MethodGet, read: readAll})},
		row{"without a request", b.script(benchRuns, `await null; return 1`)},
		row{"one fetch and text()", b.script(benchRuns, fmt.Sprintf(`return await (await fetch(%q)).text()`, at))},
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

// exchange is a request as a program in Go makes it.
type exchange struct {
	client http.Client
	method string
	body   string // with a header beside it; "" for neither
	read   func(io.Reader) error
}

func (b *bench) inGo(n int, x exchange) func() {
	x.client.Transport = b.transport
	once := func() error {
		var body io.Reader = http.NoBody
		if x.body != "" {
			body = strings.NewReader(x.body)
		}
		request, err := http.NewRequestWithContext(b.t.Context(), x.method, b.at, body)
		if err != nil {
			return err
		}
		if x.body != "" {
			request.Header.Set("A", "b")
		}
		response, err := x.client.Do(request)
		if err != nil {
			return err
		}
		if err := x.read(response.Body); err != nil {
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

func readAll(body io.Reader) error {
	_, err := io.ReadAll(body)
	return err
}

// readBounded is readAll with a bound on the size, as fetch has.
func readBounded(body io.Reader) error {
	const most = 10 << 20
	return readAll(io.LimitReader(body, most))
}

func readJSON(body io.Reader) error {
	var v any
	return json.NewDecoder(body).Decode(&v)
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

// rows compares round by round: of the times, and of what they are to that of the first row in the same round, the median counts.
func (b *bench) rows(w io.Writer, times int, rows ...row) {
	each, toFirst := make([][]float64, len(rows)), make([][]float64, len(rows))
	for round := range benchRounds {
		for i, r := range rows {
			runtime.GC()
			start := time.Now()
			r.run()
			each[i] = append(each[i], float64(time.Since(start))/float64(time.Microsecond)/float64(times))
			toFirst[i] = append(toFirst[i], each[i][round]/each[0][round])
		}
	}
	for i, r := range rows {
		fmt.Fprintf(w, "%s\t%.1f\t%.2f\t\n", r.name, median(each[i]), median(toFirst[i]))
	}
}

func median(of []float64) float64 { return slices.Sorted(slices.Values(of))[len(of)/2] }
