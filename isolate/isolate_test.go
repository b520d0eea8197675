package isolate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/executortest"
	"github.com/jsruntime/jsruntime/isolate"
)

func TestTheExecutorKeepsTheContract(t *testing.T) {
	executortest.Run(t, func(t *testing.T) jsruntime.Executor {
		e, err := isolate.New()
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, e.Close()) })
		return e
	})
}
