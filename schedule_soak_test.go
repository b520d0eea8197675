package jsruntime_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

// The environment variables of the soak: how many scripts for a year, and the seed of a run that is to be repeated.
const (
	soakVariable     = "JSRUNTIME_SOAK_SCRIPTS"
	soakSeedVariable = "JSRUNTIME_SOAK_SEED"
)

// soakTimes are the schedules of the soak: most of them daily or rarer, as those of people are.
var soakTimes = []struct{ expr, zone string }{
	{"30 2 * * *", "Europe/Berlin"}, {"0 0 * * *", "America/Sao_Paulo"}, {"15 1 * * 0", "Australia/Lord_Howe"},
	{"0 9 * * 1", "America/New_York"}, {"0 6 1 * *", "Asia/Tokyo"}, {"0 3 1,15 * *", "Africa/Cairo"},
	{"45 23 * * 5", "Pacific/Auckland"}, {"0 12 * 1-6 3", "UTC"}, {"0 0 29 2 *", "UTC"}, {"30 1 * * 6,0", "Europe/Dublin"},
	{"0 2 * 3,11 *", "America/Chicago"}, {"59 23 28 * *", "Asia/Kathmandu"}, {"0 */12 * 3 *", "Africa/Casablanca"},
	{"5 4 * * 2", "America/St_Johns"}, {"0 8 1-7 * *", "Asia/Tehran"}, {"20 0 * * 1", "America/Asuncion"},
}

// busyTimes are those of a few scripts.
var busyTimes = []struct{ expr, zone string }{
	{"0 * * * *", "Europe/London"}, {"*/30 * 1 * *", "Australia/Sydney"}, {"*/10 2 * * 0", "America/Los_Angeles"},
}

// soakScript is a script with what is expected of it.
type soakScript struct {
	id       uuid.UUID
	tenant   uuid.UUID
	expr     string
	zone     *time.Location
	since    time.Time // when its schedule began anew; zero while it is paused
	required map[time.Time]bool
	optional map[time.Time]bool // what may have been due when it was changed
}

// soaked is the world of the soak: two Runtimes that come and go on one store.
type soaked struct {
	t       *testing.T
	rnd     *rand.Rand
	store   jsruntime.Store
	nodes   [2]*soakNode
	scripts []*soakScript
	upSince time.Time // since when there has been a Runtime; zero for none
	known   map[string][]time.Time
	end     time.Time
	counts  map[string]int
}

type soakNode struct {
	*jsruntime.Runtime
	store *hungStore
}

// soakExecutor takes its time, so that ticks meet the runs of earlier ones.
type soakExecutor struct{}

func (soakExecutor) Check(context.Context, jsruntime.Source) error { return nil }

func (soakExecutor) Run(ctx context.Context, job jsruntime.Job) jsruntime.Result {
	takes := time.Duration(job.Context.Execution.ID[15]) * time.Second
	if job.Context.Execution.ID[14] < 4 {
		takes *= 60
	}
	select {
	case <-time.After(takes):
		return jsruntime.Result{Output: []byte("1")}
	case <-ctx.Done():
		return untilCancelled(ctx, job)
	}
}

const maxSoakJitter = time.Hour

func TestAYearOfSchedulesHasEachDueInstantOnRecordOnce(t *testing.T) {
	scripts, span := 150, 30*24*time.Hour
	if n, err := strconv.Atoi(os.Getenv(soakVariable)); err == nil {
		scripts, span = n, 366*24*time.Hour
	} else if testing.Short() {
		scripts = 40
	}
	seed := rand.Uint64()
	if n, err := strconv.ParseUint(os.Getenv(soakSeedVariable), 10, 64); err == nil {
		seed = n
	}
	t.Logf("repeat with %s=%d", soakSeedVariable, seed)
	synctest.Test(t, func(t *testing.T) {
		w := &soaked{
			t: t, rnd: rand.New(rand.NewPCG(seed, 0)), store: store.NewMemory(), known: map[string][]time.Time{},
			end: time.Now().Add(span), counts: map[string]int{},
		}
		w.start(0)
		w.start(1)
		for i := range scripts {
			w.create(i)
		}
		w.live()
		t.Log(w.counts)
	})
}

// live lets time pass, in which things happen to Runtimes and scripts.
func (w *soaked) live() {
	checked := time.Now()
	for time.Now().Before(w.end) {
		time.Sleep(time.Duration(w.rnd.IntN(20*3600)) * time.Second)
		switch w.rnd.IntN(8) {
		case 0:
			w.stop(w.rnd.IntN(2), false)
		case 1:
			w.stop(w.rnd.IntN(2), true)
		case 2:
			w.stop(0, w.rnd.IntN(2) == 0)
			w.stop(1, w.rnd.IntN(2) == 0)
			time.Sleep(time.Duration(w.rnd.IntN(40*3600)) * time.Second)
		default:
			w.start(0)
			w.start(1)
		}
		if time.Since(w.upSince) > time.Hour && !w.upSince.IsZero() {
			for range 1 + len(w.scripts)/100 {
				w.change(w.scripts[w.rnd.IntN(len(w.scripts))])
			}
		}
		if time.Since(checked) > 20*24*time.Hour {
			checked = time.Now()
			w.check()
		}
	}
	w.check()
	w.stop(0, false)
	w.stop(1, false)
}

func (w *soaked) start(i int) {
	if w.nodes[i] != nil {
		return
	}
	n := &soakNode{store: newHungStore(w.store, "", true)}
	var err error
	n.Runtime, err = jsruntime.New(n.store, soakExecutor{}, jsruntime.WithPoll(10*time.Minute),
		jsruntime.WithLeaseDuration(time.Hour), jsruntime.WithMaxConcurrentRuns(10_000))
	require.NoError(w.t, err)
	require.NoError(w.t, n.Start(w.t.Context()))
	w.nodes[i] = n
	if w.upSince.IsZero() {
		w.upSince = time.Now()
	}
}

// stop stops a Runtime; or its process dies: its calls do not reach the store any more, whatever it was about to do.
func (w *soaked) stop(i int, dies bool) {
	n := w.nodes[i]
	if n == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	n.store.hangs.Store(dies)
	if err := n.Stop(ctx); err != nil {
		require.ErrorIs(w.t, err, context.DeadlineExceeded)
	}
	w.nodes[i] = nil
	if w.nodes[1-i] == nil {
		w.upSince = time.Time{}
	}
}

// anyNode returns a Runtime that runs.
func (w *soaked) anyNode() *soakNode {
	if w.nodes[0] != nil {
		return w.nodes[0]
	}
	return w.nodes[1]
}

func (w *soaked) create(i int) {
	at := soakTimes[w.rnd.IntN(len(soakTimes))]
	if w.rnd.IntN(60) == 0 {
		at = busyTimes[w.rnd.IntN(len(busyTimes))]
	}
	s := &soakScript{tenant: uuid.UUID{15: byte(i % 7), 0: 1}, required: map[time.Time]bool{}, optional: map[time.Time]bool{}}
	s.expr = at.expr
	var err error
	s.zone, err = time.LoadLocation(at.zone)
	require.NoError(w.t, err)
	limits := jsruntime.DefaultResourceLimits()
	limits.MaxConcurrentRuns = 3
	created, err := w.anyNode().Register(w.t.Context(), jsruntime.NewScript(s.tenant, fmt.Sprint(i), "x",
		cron(w.t, s.expr), jsruntime.WithSchedulePolicy(w.policy(at.zone)), jsruntime.WithResourceLimits(limits),
		jsruntime.WithIdempotent(i%2 == 0)))
	require.NoError(w.t, err)
	s.id, s.since = created.ID(), time.Now()
	w.scripts = append(w.scripts, s)
}

func (w *soaked) policy(zone string) jsruntime.SchedulePolicy {
	p := jsruntime.SchedulePolicy{TimeZone: zone, MissedWindow: time.Duration(1+w.rnd.IntN(72)) * time.Hour}
	p.Overlap = []jsruntime.OverlapPolicy{"", jsruntime.OverlapSkip, jsruntime.OverlapQueue, jsruntime.OverlapAllow}[w.rnd.IntN(4)]
	p.Missed = []jsruntime.MissedPolicy{"", jsruntime.MissedLatest, jsruntime.MissedAll, jsruntime.MissedNone}[w.rnd.IntN(4)]
	if w.rnd.IntN(3) == 0 {
		p.Jitter = time.Duration(w.rnd.IntN(int(maxSoakJitter)))
	}
	return p
}

// change pauses or activates a script, gives it another schedule, or another policy, by a Runtime that has been there for a
// while. The other one has not heard of it yet.
func (w *soaked) change(s *soakScript) {
	n := w.anyNode()
	current, err := n.Script(w.t.Context(), s.tenant, s.id)
	require.NoError(w.t, err)
	switch kind := w.rnd.IntN(3); {
	case s.since.IsZero():
		_, err = n.SetStatus(w.t.Context(), s.tenant, s.id, jsruntime.ScriptStatusActive, 1)
		s.since = time.Now()
	case kind == 0:
		w.expect(s)
		_, err = n.SetStatus(w.t.Context(), s.tenant, s.id, jsruntime.ScriptStatusPaused, 1)
		s.since = time.Time{}
	case kind == 1:
		w.expect(s)
		at := soakTimes[w.rnd.IntN(len(soakTimes))]
		p := current.SchedulePolicy()
		p.TimeZone, s.expr = at.zone, at.expr
		s.zone, err = time.LoadLocation(at.zone)
		require.NoError(w.t, err)
		c, cErr := jsruntime.NewCronExpression(at.expr)
		require.NoError(w.t, cErr)
		_, err = n.UpdateScript(w.t.Context(), current.SetCronExpression(c).SetSchedulePolicy(p), jsruntime.Change{})
		s.since = time.Now()
	default:
		p := w.policy(s.zone.String())
		_, err = n.UpdateScript(w.t.Context(), current.SetSchedulePolicy(p), jsruntime.Change{})
	}
	require.NoError(w.t, err)
}

// expect closes what the oracle says of the schedule of the script up to now. What was due just now may be delayed.
func (w *soaked) expect(s *soakScript) {
	if s.since.IsZero() {
		return
	}
	now := time.Now()
	for _, at := range w.instants(s) {
		switch {
		case !at.After(s.since) || at.After(now):
		case at.After(now.Add(-maxSoakJitter - time.Hour)):
			s.optional[at] = true
		default:
			s.required[at] = true
		}
	}
	s.since = now
}

// instants returns all that the oracle says of a schedule.
func (w *soaked) instants(s *soakScript) []time.Time {
	key := s.expr + s.zone.String()
	if w.known[key] == nil {
		w.known[key] = jsruntime.OracleInstants(s.zone, s.expr, time.Date(1999, 12, 31, 23, 59, 0, 0, time.UTC), w.end.AddDate(0, 1, 0))
	}
	return w.known[key]
}

// check compares what is on record with what is expected, and forgets both. Before that it lets everything come in.
func (w *soaked) check() {
	w.start(0)
	w.start(1)
	time.Sleep(maxSoakJitter + time.Hour)
	synctest.Wait()
	now := time.Now()
	for _, s := range w.scripts {
		w.checkScript(s, now)
	}
	_, err := w.store.PruneTicks(w.t.Context(), now.Add(1-maxSoakJitter-time.Hour), 1<<30)
	require.NoError(w.t, err)
	for after := ""; ; {
		pruned, err := w.store.Prune(w.t.Context(), jsruntime.Pruning{Before: now.Add(-48 * time.Hour), Limit: 10_000, After: after})
		require.NoError(w.t, err)
		if after = pruned.Next; after == "" {
			return
		}
	}
}

func (w *soaked) checkScript(s *soakScript, now time.Time) {
	due := map[time.Time]bool{} // what may be on record, and whether it has to be
	for at := range s.optional {
		due[at] = false
	}
	for at := range s.required {
		due[at] = true
	}
	settled := now.Add(-maxSoakJitter - time.Hour)
	if !s.since.IsZero() {
		for _, at := range w.instants(s) {
			if at.After(s.since) && !at.After(now) {
				due[at] = !at.After(settled)
			}
		}
	}
	for _, tick := range w.allTicks(s) {
		n := 1
		if tick.Count > 0 {
			n = tick.Count
			for at := range due {
				if !at.Before(tick.First) && at.Before(tick.Instant) {
					delete(due, at)
					n--
				}
			}
		}
		_, known := due[tick.Instant]
		require.True(w.t, known, "%s in %s: %s is on record twice, or was not due: %+v", s.expr, s.zone, tick.Instant, tick)
		if delete(due, tick.Instant); tick.Instant.After(settled) {
			s.optional[tick.Instant] = true // it is still on record when the next check comes
		}
		require.Equal(w.t, 1, n, "%+v", tick)
		w.checkTick(s, tick)
	}
	for at, must := range due {
		require.False(w.t, must, "%s in %s: %s is not on record", s.expr, s.zone, at)
	}
	// What is not settled, and so stays on record, is asked about once more.
	keep := func(at time.Time) bool { return at.After(settled) }
	for _, set := range []map[time.Time]bool{s.required, s.optional} {
		for at := range set {
			if !keep(at) {
				delete(set, at)
			}
		}
	}
	if !s.since.IsZero() && s.since.Before(settled) {
		s.since = settled
	}
}

func (w *soaked) checkTick(s *soakScript, tick jsruntime.TickRecord) {
	if tick.Status == jsruntime.TickSkipped {
		require.NotEmpty(w.t, tick.Reason)
		w.counts["skipped"] += max(tick.Count, 1)
		return
	}
	w.counts["run"]++
	run, err := w.store.Execution(w.t.Context(), s.tenant, tick.ExecutionID)
	require.NoError(w.t, err)
	require.Equal(w.t, tick.Instant, run.TriggerData.ScheduledAt)
	require.False(w.t, run.CreatedAt.Before(tick.Instant))
}

func (w *soaked) allTicks(s *soakScript) (ticks []jsruntime.TickRecord) {
	p := jsruntime.PageRequest{Limit: jsruntime.MaxPageLimit}
	for {
		page, err := w.store.Ticks(w.t.Context(), s.tenant, s.id, p)
		require.NoError(w.t, err)
		ticks = append(ticks, page.Items...)
		if p.After = page.Next; p.After == "" {
			slices.Reverse(ticks)
			return ticks
		}
	}
}
