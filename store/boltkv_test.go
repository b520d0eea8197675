package store

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.etcd.io/bbolt"
)

// fixedOrder returns the same random numbers each time.
func fixedOrder() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) } //nolint:gosec // the order of a test

// outOfOrder returns the numbers below n as executions end of which so many run at a time.
func outOfOrder(n, atATime int) (order []int64) {
	random := fixedOrder()
	var running []int64
	for i := range n {
		if running = append(running, int64(i)); len(running) == atATime {
			ended := random.IntN(atATime)
			order = append(order, running[ended])
			running = slices.Delete(running, ended, ended+1)
		}
	}
	return append(order, running...)
}

// TestPagesOfEntriesInTimeAreNotLeftEmpty tells how full they are on average. Entries come out of order in a while, at the end of one
// of many groups, and grow later.
func TestPagesOfEntriesInTimeAreNotLeftEmpty(t *testing.T) {
	const entries = 10000
	inOrder, random := outOfOrder(entries, 1), fixedOrder()
	key := func(n int64) []byte { return keyOf(num(n), make([]byte, 2*idSize)) }
	for name, test := range map[string]struct {
		in    bucket
		order []int64
		key   func(n int64) []byte
		sizes []int // of the values, first and later
		least int   // percent
	}{
		"in order":               {bLogs, inOrder, key, []int{100}, 75},
		"out of order":           {bLogs, outOfOrder(entries, 64), key, []int{100}, 45},
		"many groups":            {bTenantPast, inOrder, func(n int64) []byte { return keyOf(num(int64(random.IntN(300))), key(n)) }, []int{1}, 45},
		"they grow":              {bExecutions, inOrder, key, []int{300, 450}, 45},
		"they grow out of order": {bExecutions, outOfOrder(entries, 64), key, []int{300, 450}, 45},
	} {
		t.Run(name, func(t *testing.T) {
			b := openBolt(t, storePath(t), quickly).bolt()
			for _, size := range test.sizes {
				for some := range slices.Chunk(test.order, 10) {
					require.NoError(t, b.update(nil, func(t *tx) error {
						for _, n := range some {
							t.put(test.in, test.key(n), bytes.Repeat([]byte("x"), size))
						}
						return nil
					}))
				}
			}
			require.NoError(t, b.readTx(func(btx *bbolt.Tx) error {
				pages := btx.Bucket([]byte(bucketNames[test.in])).Stats()
				full := 100 * pages.LeafInuse / pages.LeafAlloc
				t.Logf("%d%% of %d pages", full, pages.LeafPageN)
				require.GreaterOrEqual(t, full, test.least)
				return nil
			}))
		})
	}
}
