package fetch

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"sync"

	"github.com/google/uuid"
)

const (
	// maxIDs is how many requests a run can have under way and waiting: far more than an executor lets it call at once.
	maxIDs = 1000
	// maxAborted is how many ids a run remembers that were aborted before their request came.
	maxAborted = 100
)

// runs are the executions that have called fetch and not ended.
type runs struct {
	open int // exchanges that each may have open
	mu   sync.Mutex
	runs map[uuid.UUID]*run
}

func newRuns(open int) *runs { return &runs{open: open, runs: map[uuid.UUID]*run{}} }

// of returns the run of an execution, which is forgotten when ctx ends.
func (r *runs) of(ctx context.Context, executionID uuid.UUID) *run {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.runs[executionID]; known != nil {
		return known
	}
	created := &run{exchanges: map[string]*exchange{}, slots: make(chan struct{}, r.open)}
	r.runs[executionID] = created
	context.AfterFunc(ctx, func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.runs[executionID] == created {
			delete(r.runs, executionID)
		}
	})
	return created
}

// run has the exchanges of one execution. An exchange leaves it when the script has read it to its end or aborted it.
type run struct {
	slots chan struct{} // one token for each exchange that was admitted and has not left

	mu        sync.Mutex
	exchanges map[string]*exchange
	aborted   []string // the latest ids that were aborted and are not known
	line      *line    // that the next exchange may have; nil for none

	last       target // of the requests, as is lastHeader
	lastHeader parsedHeader
}

// keepLine keeps a line for the next exchange. One is enough: another that is kept ends, with what it holds of the run's context.
func (r *run) keepLine(l *line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.line != nil {
		r.line.end(nil)
	}
	r.line = l
}

// keptLine takes the line that is kept; nil for none that can be used.
func (r *run) keptLine() *line {
	r.mu.Lock()
	defer r.mu.Unlock()
	l := r.line
	if r.line = nil; l == nil || l.ctx.Err() != nil {
		return nil
	}
	return l
}

// target is a URL as the realm passed it, and as it is asked for.
type target struct {
	raw string
	url *url.URL // which nobody changes
}

// parsedHeader is a request's headers as the realm passed them, and as they are sent.
type parsedHeader struct {
	lines  string
	header http.Header // which nobody changes
}

// target returns the URL of a request. A run often has one for many requests, and a host takes long to be put in its canonical form.
func (r *run) target(raw string) (*url.URL, error) {
	r.mu.Lock()
	last := r.last
	r.mu.Unlock()
	if last.url != nil && last.raw == raw {
		return last.url, nil
	}
	u, err := parseURL(raw, nil)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	r.last = target{raw, u}
	r.mu.Unlock()
	return u, nil
}

// header returns the headers of a request, which parse makes of its lines, and whether others may get the same: a run often sends the
// same with many requests.
func (r *run) header(arg any, parse func(lines string) (http.Header, error)) (header http.Header, shared bool, err error) {
	const longest = 4 << 10 // of those that are kept
	lines, ok := arg.(string)
	if !ok && arg != nil {
		return nil, false, invalid("headers", "must be a text")
	}
	r.mu.Lock()
	last := r.lastHeader
	r.mu.Unlock()
	if last.header != nil && last.lines == lines {
		return last.header, true, nil
	}
	header, err = parse(lines)
	if err != nil || len(lines) > longest {
		return header, false, err
	}
	r.mu.Lock()
	r.lastHeader = parsedHeader{lines, header}
	r.mu.Unlock()
	return header, true, nil
}

// add takes in an exchange by its id. An abort of the id may have overtaken it: the realm's calls are concurrent.
func (r *run) add(x *exchange) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case slices.Contains(r.aborted, x.id):
		return errAborted
	case r.exchanges[x.id] != nil:
		return invalid("id", "is in use")
	case len(r.exchanges) >= maxIDs:
		return invalid("id", "is one too many: there are %d requests at the same time", maxIDs)
	}
	r.exchanges[x.id] = x
	return nil
}

// admit waits until the exchange may go on.
func (r *run) admit(ctx context.Context, x *exchange) error {
	if err := take(ctx, r.slots); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.exchanges[x.id] != x {
		<-r.slots
		return errAborted
	}
	x.admitted = true
	return nil
}

func (r *run) get(id string) *exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.exchanges[id]
}

// remove lets an exchange leave; more than once does no harm.
func (r *run) remove(x *exchange) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.exchanges[x.id] != x {
		return
	}
	delete(r.exchanges, x.id)
	if x.admitted {
		<-r.slots
	}
}

// abort returns the exchange of an id; nil where there is none, and then it is remembered for one that comes late.
func (r *run) abort(id string) *exchange {
	r.mu.Lock()
	defer r.mu.Unlock()
	x := r.exchanges[id]
	if x == nil && !slices.Contains(r.aborted, id) {
		r.aborted = append(r.aborted, id)
		r.aborted = r.aborted[max(0, len(r.aborted)-maxAborted):]
	}
	return x
}
