//go:build !windows

package store

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// Windows refuses to cut a file that is mapped.
func TestAFileThatIsCutWhileItIsOpenFailsCallsThatNeedTheRest(t *testing.T) {
	for name, size := range map[string]int64{"in half": 2, "to nothing": 1 << 40} {
		t.Run(name, func(t *testing.T) {
			path := busyStore(t, randomFrom(t), 600)
			s, err := Open(path, quickly)
			require.NoError(t, err)
			require.NoError(t, os.Truncate(path, sizeOf(t, path)/size))
			failed := 0
			for range 2 {
				for _, call := range everyCall(s) {
					if err := call(t.Context()); errors.Is(err, jsruntime.ErrFormat) {
						failed++
					}
				}
			}
			require.Positive(t, failed)
			require.NoError(t, s.Close())
			_, err = s.Execution(t.Context(), uuid.New(), uuid.New())
			require.Error(t, err)
			_, err = Open(path, quickly, WithLockTimeout(time.Millisecond))
			require.NotErrorIs(t, err, jsruntime.ErrLocked)
		})
	}
}
