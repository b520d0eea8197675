package jsruntime

import (
	"context"
	"time"
)

// leaseRetry is how soon the renewal of a lease is tried again.
const leaseRetry = time.Second

// keepLease renews the node's lease and takes over from nodes whose lease ran out. When its own runs out, because the store
// cannot be reached, it claims nothing until it has one again. What runs goes on: if nobody has taken it over by then, its
// outcome counts. After an outage it takes over nothing until the next renewal, so that others, for whom the store was away
// as well, can renew theirs before.
func (n *node) keepLease() {
	wait, away := n.renewEvery(), false
	for sleep(n.loops, wait) == nil {
		if err := n.renewLease(n.loops); err != nil {
			if n.loops.Err() == nil {
				n.rt.logger.Error("lease not renewed", "error", err)
			}
			wait, away = min(leaseRetry, n.renewEvery()), true
			continue
		}
		wait = n.renewEvery()
		if away {
			away = false
			continue
		}
		if err := n.recover(n.loops); err != nil && n.loops.Err() == nil {
			n.rt.logger.Error("expired executions not recovered", "error", err)
		}
	}
}

// renewUntil keeps the lease while Stop waits for what still runs.
func (n *node) renewUntil(ctx context.Context) {
	wait := min(leaseRetry, n.renewEvery()) // the renewal before may have been cut off
	for sleep(ctx, wait) == nil {
		wait = n.renewEvery()
		if err := n.renewLease(ctx); err != nil && ctx.Err() == nil {
			n.rt.logger.Error("lease not renewed", "error", err)
			wait = min(leaseRetry, n.renewEvery())
		}
	}
}

func (n *node) renewEvery() time.Duration { return n.rt.leaseDuration / 3 }

// renewLease gives a call that hangs up in time for another try before the lease has run out.
func (n *node) renewLease(ctx context.Context) error {
	until := time.Now().Add(n.rt.leaseDuration)
	ctx, cancel := context.WithTimeout(ctx, n.renewEvery())
	defer cancel()
	if err := n.rt.store.RenewLease(ctx, n.name, until.UTC()); err != nil {
		return err
	}
	n.leased.Store(&until)
	return nil
}

// leaseIsOver reports whether the node's lease has run out, as far as it knows.
func (n *node) leaseIsOver() bool {
	until := n.leased.Load()
	return until == nil || time.Now().After(*until)
}
