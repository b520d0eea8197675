package store

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// queueCheck compares the queue and the counts with the executions on record.
type queueCheck struct {
	*recordCheck
	counted map[[2]uuid.UUID]counts // by tenant and script, or the nil UUID
	placed  int
	chained int
}

func (c *recordCheck) queue() error {
	q := &queueCheck{recordCheck: c, counted: map[[2]uuid.UUID]counts{}}
	err := c.each(bExecutions, func(key, value []byte) error {
		r, err := decode[jsruntime.ExecutionRecord](value)
		if err != nil {
			return differs(bExecutions, key, err.Error())
		}
		q.count(r)
		return q.place(r)
	})
	for _, check := range []func() error{q.places, q.waiting, q.counts} {
		if err == nil {
			err = check()
		}
	}
	return err
}

func (q *queueCheck) count(r *jsruntime.ExecutionRecord) {
	for _, id := range []uuid.UUID{r.ScriptID, uuid.Nil} {
		of := [2]uuid.UUID{r.TenantID, id}
		if q.counted[of] == nil {
			q.counted[of] = make(counts, len(statuses))
		}
		q.counted[of][statusIndex(r.Status)]++
	}
}

// place checks that a pending execution is where claims find it, and that one which waits for another of its order key is
// not.
func (q *queueCheck) place(r *jsruntime.ExecutionRecord) error {
	if !isLive(r) {
		return nil
	}
	first := true
	if r.OrderKey != "" {
		chain := chainOf(r)
		key := keyOf(chain, stamp(r.CreatedAt), r.ID[:])
		if err := q.has(entry{bChains, key, present}); err != nil {
			return err
		}
		q.chained++
		first = bytes.Equal(q.t.first(bChains, chain, nil), key)
	}
	key := queueKey(r)
	queued := bytes.Equal(q.t.get(bQueue, key), present)
	timed := r.RunAt.After(r.CreatedAt) && bytes.Equal(q.t.get(bTimers, timerKey(r)), key)
	if claimable := first && r.Status == jsruntime.ExecutionPending; claimable != (queued || timed) {
		return differs(bQueue, key, fmt.Sprintf("claimable: %t, queued: %t, with a timer: %t", claimable, queued, timed))
	}
	for _, there := range []bool{queued, timed} { // both, where it was placed again after its timer had run out
		if there {
			q.placed++
		}
	}
	return nil
}

// places checks that nothing else is in the queue.
func (q *queueCheck) places() error {
	queued, err := q.number(bQueue)
	if err != nil {
		return err
	}
	timed, err := q.number(bTimers)
	if err != nil {
		return err
	}
	chained, err := q.number(bChains)
	if err != nil {
		return err
	}
	if queued+timed != q.placed || chained != q.chained {
		how := fmt.Sprintf("%d and %d timers instead of %d, %d in chains instead of %d", queued, timed, q.placed, chained, q.chained)
		return differs(bQueue, nil, how)
	}
	return nil
}

// waiting checks that the rotation has every tenant with something in the queue, once and at its turn.
func (q *queueCheck) waiting() error {
	tenants := map[string]bool{}
	err := q.each(bQueue, func(key, _ []byte) error { tenants[string(key[:idSize])] = true; return nil })
	if err != nil {
		return err
	}
	waiting := 0
	err = q.each(bWaiting, func(key, value []byte) error {
		tenant := key[numSize:]
		if !bytes.Equal(value, present) || !tenants[string(tenant)] || !bytes.Equal(key[:numSize], turnOf(q.t, tenant)) {
			return differs(bWaiting, key, "does not wait, or has had another turn")
		}
		waiting++
		return nil
	})
	if err == nil && waiting != len(tenants) {
		err = differs(bWaiting, nil, fmt.Sprintf("has %d tenants instead of %d", waiting, len(tenants)))
	}
	return err
}

func (q *queueCheck) counts() error {
	n := 0
	err := q.each(bCounts, func(key, value []byte) error {
		of := [2]uuid.UUID{uuid.UUID(key[:idSize]), lastID(key)}
		if got := countsFrom(value); !slices.Equal(got, q.counted[of]) {
			return differs(bCounts, key, fmt.Sprintf("has %v instead of %v", got, q.counted[of]))
		}
		n++
		return nil
	})
	if err == nil && n != len(q.counted) {
		err = differs(bCounts, nil, fmt.Sprintf("has %d entries instead of %d", n, len(q.counted)))
	}
	return err
}
