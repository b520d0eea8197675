package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store/storetest"
)

func TestMain(m *testing.M) {
	if path := openElsewhere(); path != "" {
		reportOpen(path)
		return
	}
	if path := os.Getenv(crashFile); path != "" {
		fmt.Fprintln(os.Stderr, crashChild(path))
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}

func TestMemoryKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(*testing.T) jsruntime.Store { return NewMemory() })
}

func TestBoltKeepsTheContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) jsruntime.Store {
		s := openBolt(t, filepath.Join(t.TempDir(), "store.db"), func(c *config) { c.noSync = true })
		t.Cleanup(func() { // whatever the test did to it
			if err := s.Check(context.Background()); !errors.Is(err, jsruntime.ErrClosed) {
				require.NoError(t, err)
			}
		})
		return s
	})
}

func TestBoltKeepsWhatItWasToldWhenItIsOpenedAgain(t *testing.T) {
	storetest.RunDurable(t, func(t *testing.T) (jsruntime.Store, func() jsruntime.Store) {
		path := filepath.Join(t.TempDir(), "store.db")
		open := func() *Bolt { return openBolt(t, path, func(c *config) { c.noSync = true }) }
		current := open()
		return current, func() jsruntime.Store {
			require.NoError(t, current.Check(t.Context()))
			require.NoError(t, current.Close())
			current = open()
			return current
		}
	})
}

// openBolt opens a store that the test closes.
func openBolt(t testing.TB, path string, opts ...Option) *Bolt {
	t.Helper()
	s, err := Open(path, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return s
}
