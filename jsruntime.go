package jsruntime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Runtime is the one object that an application works with: it manages scripts and their versions, runs them when a
// trigger or the application says so, and keeps the record. Make one with [New]; its methods may be called
// concurrently.
//
// Operations on scripts, and reading, work at any time. What runs a script returns [ErrNotStarted] before Start and
// after Stop. A thing of another tenant is [ErrNotFound], always.
type Runtime struct {
	config
	store    Store
	executor Executor
	budgets  *budgets
	watchers watchers

	lifecycle chan struct{} // holds a token during a Start or a Stop
	mu        sync.RWMutex  // guards the nodes
	current   *node         // nil unless started
	draining  *node         // the one that Stop waits for
}

type config struct {
	bus           EventBus
	functions     map[string]grant
	functionNames []string          // sorted; nobody changes them
	capabilities  map[string]string // the declarations, by global
	secrets       SecretsFunc
	tenantLimits  TenantLimitsFunc
	tenantWeight  TenantWeightFunc
	retention     Retention
	recording     map[ScriptType]RecordingMode
	logger        *slog.Logger
	maxRuns       int
	maxPending    int
	maxBody       int64
	redact        []string // header names in lower case
	scriptEvents  []string // types of events of scripts that go to the bus
	leaseDuration time.Duration
	poll          time.Duration
	now           func() time.Time // the wall clock, by which schedules go
}

// The defaults of a Runtime.
const (
	// DefaultMaxPendingRuns is how many pending executions one tenant may have.
	DefaultMaxPendingRuns = 100_000
	// DefaultMaxRequestBytes is the largest body of an HTTP request to a script.
	DefaultMaxRequestBytes = 1 << 20

	runsPerCPU           = 8
	defaultLeaseDuration = 30 * time.Second
	minLeaseDuration     = time.Second
)

// Option is a setting of a Runtime.
type Option func(*config) error

// InvalidOption returns an option by which [New] fails with err, for a package that makes an Option out of options of its
// own and finds that they make no sense.
func InvalidOption(err error) Option { return func(*config) error { return err } }

// SecretsFunc returns the value of a tenant's secret, for a script that asks for it with context.secrets.get. Its
// error's text reaches the script; one that matches ErrNotFound says that there is no such secret.
type SecretsFunc func(ctx context.Context, tenantID uuid.UUID, name string) (string, error)

// TenantLimitsFunc returns the most that each script of a tenant may use, whatever its own limits say. A zero field
// caps nothing. It is called for each run and each tick, and its ctx ends after 2 seconds.
type TenantLimitsFunc func(ctx context.Context, tenantID uuid.UUID) (ResourceLimits, error)

// WithEventBus carries events by the given bus instead of one in this process. The application closes it, after Stop.
func WithEventBus(bus EventBus) Option {
	return func(c *config) error {
		if bus == nil {
			return invalid("eventBus", "must not be nil")
		}
		c.bus = bus
		return nil
	}
}

// WithFunction lets every script call fn by the given name. A dotted name such as "billing.charge" makes charge a
// method of a global object billing. One with a colon such as "fetch:send" is no global of scripts: only the library that
// the executor brings into the realm can call it, where that has a use for it; then no function can be granted as the global
// fetch besides. A call counts as an API call unless an option says otherwise.
func WithFunction(name string, fn Function, opts ...FunctionOption) Option {
	return func(c *config) error { return c.addFunction(name, fn, opts) }
}

// WithSecrets lets scripts read secrets with await context.secrets.get(name), which counts as an API call. Without it there are
// none. It is for what a script computes with, such as the key of a signature: one that it only has to send is better off
// with HiddenSecrets of capability/fetch, where the script never sees it.
//
// What an execution has read is kept out of what it leaves behind: [MaskedText] stands in its place in the output, and so in
// an HTTP answer, in the error, in the log, and in the errors of host functions; also where it is escaped as within JSON or
// quotes, and where a line of 16 bytes or more stands by itself. Shorter ones than 4 bytes are not masked, nor numbers, nor
// what the script has made of a secret, such as its base64 or a part of it, nor the rest of one that a bound has cut. The
// payload of events.publish, and what the script passes to host functions, is data for others, and not masked. An execution
// can read 64 KiB of secrets.
func WithSecrets(secrets SecretsFunc) Option {
	return func(c *config) error {
		if secrets == nil {
			return invalid("secrets", "must not be nil")
		}
		c.secrets = secrets
		return nil
	}
}

// WithTenantLimits caps the limits of each of a tenant's scripts. It does not cap them together: a tenant with many scripts
// can have many runs.
func WithTenantLimits(limits TenantLimitsFunc) Option {
	return func(c *config) error {
		if limits == nil {
			return invalid("tenantLimits", "must not be nil")
		}
		c.tenantLimits = limits
		return nil
	}
}

// TenantWeightFunc returns how many executions in a row a tenant gets when its turn comes and others wait as well: 1 for a
// tenant like any other; less means 1, and more than MaxTenantWeight means that. It is called for each run, and has to
// return at once. What it says goes with the run: a change holds for those that are accepted afterwards.
type TenantWeightFunc func(tenantID uuid.UUID) int

// MaxTenantWeight bounds how long one tenant's turn can make the others wait.
const MaxTenantWeight = 1000

// WithTenantWeights gives some tenants a larger share of the slots. Without it all have the same, however many runs each
// has waiting.
func WithTenantWeights(weight TenantWeightFunc) Option {
	return func(c *config) error {
		if weight == nil {
			return invalid("tenantWeights", "must not be nil")
		}
		c.tenantWeight = weight
		return nil
	}
}

// weightOf returns the weight of a tenant's runs; 0 stands for 1. It is called on goroutines of the Runtime's own, so a panic
// must not get through.
func (c *config) weightOf(tenantID uuid.UUID) (weight int) {
	if c.tenantWeight == nil {
		return 0
	}
	defer func() {
		if r := recover(); r != nil {
			c.logger.Error("tenant's weight not known", "tenant", tenantID, "panic", r)
		}
	}()
	return max(1, min(c.tenantWeight(tenantID), MaxTenantWeight))
}

// WithLogger sends what the Runtime has to say to the operator to the logger; the default discards it. What scripts
// write to their console is kept with their executions instead.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) error {
		if logger == nil {
			return invalid("logger", "must not be nil")
		}
		c.logger = logger
		return nil
	}
}

// WithMaxConcurrentRuns sets how many executions this Runtime runs at once, of all tenants; further ones wait. The
// default is 8 for each CPU.
func WithMaxConcurrentRuns(n int) Option {
	return func(c *config) error {
		c.maxRuns = n
		return positiveOption("maxConcurrentRuns", n)
	}
}

// WithMaxPendingRuns sets how many pending executions one tenant may have before a further run is refused with
// ErrOverloaded. Cron ticks and retries are never refused. The default is DefaultMaxPendingRuns.
func WithMaxPendingRuns(n int) Option {
	return func(c *config) error {
		c.maxPending = n
		return positiveOption("maxPendingRuns", n)
	}
}

// WithMaxRequestBytes sets the largest body that an HTTP request to a script may have; a larger one is answered with
// 413. The default is DefaultMaxRequestBytes.
func WithMaxRequestBytes(n int64) Option {
	return func(c *config) error {
		c.maxBody = n
		return positiveOption("maxRequestBytes", int(n))
	}
}

// WithRedactedHeaders names request headers whose values stay out of records, such as "X-Api-Key" or the signature of a
// webhook, beside those that always do: Authorization, Proxy-Authorization, Cookie and Idempotency-Key. Scripts see them all,
// but for asynchronous ones, which run from the record.
func WithRedactedHeaders(names ...string) Option {
	return func(c *config) error {
		for _, name := range names {
			if !isToken(name) {
				return invalid("redactedHeaders", "%q is not a header's name", name)
			}
			c.redact = append(c.redact, strings.ToLower(name))
		}
		return nil
	}
}

// WithLeaseDuration sets how long the runs of this Runtime are its own without news of it in the store: once its process
// has gone away, or has not reached the store, for that long, the other Runtimes on the store end its running executions as
// interrupted, and those of idempotent scripts are run again. It renews its lease three times as often. A shorter one finds
// a dead process sooner and takes a slow store for a dead process sooner; it should be many times what the store takes
// for a write, and what the clocks of the machines differ by. The default is 30 seconds, the least 1 second.
func WithLeaseDuration(d time.Duration) Option {
	return func(c *config) error {
		c.leaseDuration = d
		if d < minLeaseDuration {
			return invalid("leaseDuration", "must be at least %v", minLeaseDuration)
		}
		return nil
	}
}

func positiveOption(name string, n int) error {
	if n <= 0 {
		return invalid(name, "must be positive")
	}
	return nil
}

// New returns a Runtime on a store and an executor, which stay the application's to close. It runs nothing before
// Start. A nil store or executor, and an option that makes no sense, is a [FieldError].
func New(store Store, executor Executor, opts ...Option) (*Runtime, error) {
	rt := &Runtime{
		store:    store,
		executor: executor,
		budgets:  newBudgets(time.Now()),

		lifecycle: make(chan struct{}, 1),
		config: config{
			functions:     map[string]grant{},
			capabilities:  map[string]string{},
			recording:     map[ScriptType]RecordingMode{},
			logger:        slog.New(slog.DiscardHandler),
			maxRuns:       runsPerCPU * runtime.GOMAXPROCS(0),
			maxPending:    DefaultMaxPendingRuns,
			maxBody:       DefaultMaxRequestBytes,
			leaseDuration: defaultLeaseDuration,
			poll:          pollInterval,
			now:           time.Now,
		},
	}
	var errs []error
	if store == nil {
		errs = append(errs, invalid("store", "must not be nil"))
	}
	if executor == nil {
		errs = append(errs, invalid("executor", "must not be nil"))
	}
	for _, opt := range opts {
		errs = append(errs, opt(&rt.config))
	}
	errs = append(errs, rt.checkGlobals()...)
	if err := errors.Join(errs...); err != nil {
		return nil, fmt.Errorf("new runtime: %w", err)
	}
	rt.functionNames = slices.Sorted(maps.Keys(rt.functions))
	if pooled, ok := executor.(PooledExecutor); ok {
		pooled.Expect(rt.maxRuns)
	}
	if rt.bus == nil {
		rt.bus = NewBus(WithBusLogger(rt.logger)) // without subscriptions it has no goroutine, so nobody needs to close it
	}
	return rt, nil
}

// Start ends the executions that a dead process left behind, starts the schedules and the event subscriptions, and
// runs what is pending. ctx bounds the start only. Starting a started Runtime does nothing; after Stop it can be
// started again.
func (rt *Runtime) Start(ctx context.Context) error {
	if !rt.takeLifecycle(ctx) {
		return fmt.Errorf("start: %w", ctx.Err())
	}
	defer func() { <-rt.lifecycle }()
	if rt.current != nil {
		return nil
	}
	n := newNode(rt)
	if err := n.start(ctx, func() {
		rt.mu.Lock()
		defer rt.mu.Unlock()
		rt.current = n
	}); err != nil {
		return fmt.Errorf("start: %w", err)
	}
	return nil
}

// Stop refuses new runs, lets those that run come to their end, and leaves pending ones in the store for the next
// Start; those whose caller waits in this process are cancelled, since nobody would take their answer. When ctx ends
// first, what still runs is cancelled and recorded so, and ctx's error returned; [RetryPolicy] says what becomes of it where
// nobody waits. A run that was taken from the queue and has not begun, because the store or the tenant's limits could not be
// read, goes back to it: it ends as interrupted, and its next attempt is pending.
//
// Afterwards no goroutine of the Runtime is left, and no run of it is on record as running, where the store works. One that
// does not answer holds Stop up for as long as ctx lasts, and 5 seconds more: then its calls are cancelled, their callers
// get an error, and what could not be recorded is ended by recovery, at the next Start or by another process. Where calls
// do not return within 2 further seconds, although their context has ended, Stop leaves them behind: its error matches
// [ErrLeftBehind].
//
// Stopping a stopped Runtime does nothing. Stop must not be called from a host function or an event handler, which it
// would wait for.
func (rt *Runtime) Stop(ctx context.Context) error {
	if !rt.takeLifecycle(ctx) { // another Stop waits for what runs, with more patience than this one
		rt.mu.RLock()
		defer rt.mu.RUnlock()
		if rt.draining != nil {
			rt.draining.cancel()
		}
		return fmt.Errorf("stop: %w", ctx.Err())
	}
	defer func() { <-rt.lifecycle }()
	rt.mu.Lock()
	n := rt.current
	rt.current, rt.draining = nil, n
	rt.mu.Unlock()
	if n == nil {
		return nil
	}
	err := n.stop(ctx)
	rt.mu.Lock()
	rt.draining = nil
	rt.mu.Unlock()
	if err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return nil
}

// takeLifecycle waits until no other Start or Stop is under way, or until ctx ends. Where there is none, an ended ctx is
// no obstacle: a Stop with one has to stop all the same.
func (rt *Runtime) takeLifecycle(ctx context.Context) bool {
	select {
	case rt.lifecycle <- struct{}{}:
		return true
	default:
	}
	select {
	case rt.lifecycle <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// node returns the started node, or ErrNotStarted.
func (rt *Runtime) node() (*node, error) {
	rt.mu.RLock()
	defer rt.mu.RUnlock()
	if rt.current == nil {
		return nil, ErrNotStarted
	}
	return rt.current, nil
}

// liveNode returns the node whose runs can be reached: the started one, or the one that Stop waits for; nil for none.
func (rt *Runtime) liveNode() *node {
	rt.mu.RLock()
	defer rt.mu.RUnlock()
	if rt.current != nil {
		return rt.current
	}
	return rt.draining
}
