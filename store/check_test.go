package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"

	"github.com/jsruntime/jsruntime"
)

func TestCheckFindsARecordOrAnIndexThatWasTamperedWith(t *testing.T) {
	path := busyStore(t, randomFrom(t), 60)
	s := openBolt(t, path, quickly)
	require.NoError(t, s.Check(t.Context()))
	checked := []bucket{
		bScripts, bScriptKinds, bTags, bNames, bGates, bRoutes, bOwners, bChanges, bExecutions, bTenantLive, bScriptLive,
		bTenantPast, bScriptPast, bLeased, bKeys, bKeyTimes, bTicks, bTickTimes, bCounts, bQueue, bHeads, bReady, bTimers,
		bChains, bWaiting,
	}
	undone := func(what string, b bucket, tamper func(t *tx, key, value []byte)) {
		require.NoError(t, s.bolt().update(nil, func(tx *tx) error {
			key := tx.first(b, nil, nil)
			require.NotNil(t, key, bucketNames[b])
			tamper(tx, key, bytes.Clone(tx.get(b, key)))
			return nil
		}))
		require.ErrorIs(t, s.Check(t.Context()), jsruntime.ErrFormat, "%s of %s", what, bucketNames[b])
	}
	for _, b := range checked {
		for what, tamper := range map[string]func(t *tx, key, value []byte){
			"an entry less": func(t *tx, key, _ []byte) { t.delete(b, key) },
			"an entry more": func(t *tx, key, value []byte) { t.put(b, after(key), value) },
			"a value":       func(t *tx, key, value []byte) { t.put(b, key, append(value, '}')) },
		} {
			before, err := os.ReadFile(path)
			require.NoError(t, err)
			undone(what, b, tamper)
			require.NoError(t, s.Close())
			require.NoError(t, os.WriteFile(path, before, 0o600))
			s, err = Open(path, quickly)
			require.NoError(t, err)
		}
	}
	undone("the status", bExecutions, func(t *tx, key, value []byte) {
		value[idSize] = value[idSize]%byte(len(statuses)) + 1
		t.put(bExecutions, key, value)
	})
	require.NoError(t, s.Close())
}

func TestCheckEndsWithItsContextAndWithTheStore(t *testing.T) {
	s := openBolt(t, busyStore(t, randomFrom(t), 60), quickly)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Check(ctx), context.Canceled)
	require.NoError(t, s.bolt().readTx(func(tx *bbolt.Tx) error {
		require.ErrorIs(t, checkPages(ctx.Err, tx, s.bolt().db.file, allPages), context.Canceled)
		require.ErrorIs(t, newRecordCheck(ctx.Err, newTx(tx)).all(), context.Canceled)
		return nil
	}))
	require.NoError(t, s.Close())
	require.ErrorIs(t, s.Check(t.Context()), jsruntime.ErrClosed)
}

func newTx(btx *bbolt.Tx) *tx { return &tx{kv: newBoltKV(btx)} }

func TestAStoreThatIsWrittenMeanwhilePassesItsCheck(t *testing.T) {
	s := openBolt(t, busyStore(t, randomFrom(t), 300), quickly)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 200 {
			script, version := scriptOf(uuid.New(), 5000)
			if err := s.CreateScript(context.Background(), script, version); err != nil {
				t.Errorf("write: %v", err)
			}
		}
	}()
	for writing := true; writing; {
		require.NoError(t, s.Check(t.Context()))
		select {
		case <-done:
			writing = false
		default:
		}
	}
	require.NoError(t, s.Compact(t.Context()))
	require.NoError(t, s.Check(t.Context()))
}

// checkedByBbolt returns what bbolt itself finds wrong in a file.
func checkedByBbolt(path string) error {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	if err != nil {
		return fmt.Errorf("%w: %w", jsruntime.ErrFormat, err)
	}
	err = db.View(func(tx *bbolt.Tx) error {
		var all []error
		for err := range tx.Check() {
			all = append(all, err)
		}
		return errors.Join(all...)
	})
	return errors.Join(err, db.Close())
}
