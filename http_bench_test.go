package jsruntime_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
	"github.com/stretchr/testify/require"
)

// BenchmarkHTTPHandler is a request to a script without a network, recording off and on, in memory.
func BenchmarkHTTPHandler(b *testing.B) {
	for name, mode := range map[string]jsruntime.RecordingMode{"off": jsruntime.RecordNone, "on": jsruntime.RecordAll} {
		b.Run(name, func(b *testing.B) {
			rt, err := jsruntime.New(store.NewMemory(), vm.New(), jsruntime.WithRecording(mode))
			require.NoError(b, err)
			require.NoError(b, rt.Start(b.Context()))
			defer func() { require.NoError(b, rt.Stop(b.Context())) }()
			tenant := uuid.New()
			_, err = rt.Register(b.Context(), jsruntime.NewScript(tenant, "order",
				`return { status: 201, body: { id: context.trigger.request.params.id, item: input.item, total: input.cents / 100 } };`,
				jsruntime.WithHTTP("/orders/{id}", "POST")))
			require.NoError(b, err)
			handler := rt.HTTPHandler(func(*http.Request) (uuid.UUID, error) { return tenant, nil })
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequestWithContext(b.Context(), "POST", "/orders/42", strings.NewReader(`{"item":"lamp","cents":4590}`))
				r.Header.Set("Content-Type", "application/json")
				w := httptest.NewRecorder()
				if handler.ServeHTTP(w, r); w.Code != 201 {
					b.Fatal(w.Body)
				}
			}
		})
	}
}
