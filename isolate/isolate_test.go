package isolate_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/executortest"
	"github.com/jsruntime/jsruntime/isolate"
)

func TestMain(m *testing.M) {
	isolate.Main()
	goleak.VerifyTestMain(m)
}

func TestTheExecutorKeepsTheContract(t *testing.T) {
	executortest.Run(t, func(t *testing.T) jsruntime.Executor { return open(t) })
}

// open returns an executor that the test closes.
func open(t testing.TB, opts ...isolate.Option) *isolate.Executor {
	t.Helper()
	e, err := isolate.New(opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	return e
}
