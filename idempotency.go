package jsruntime

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const (
	// IdempotencyKeyHeader is the request header that makes a repeated request get the answer of the first one.
	IdempotencyKeyHeader = "Idempotency-Key"
	// ReplayedHeader is the response header that says so, with the value "true".
	ReplayedHeader = "Idempotency-Replayed"

	maxIdempotencyKeyBytes = 255
	// requestKeyPrefix tells the dedupe keys of requests from others.
	requestKeyPrefix = "http:"
)

// keepKey gives the invocation the idempotency key of a request that has one. GET, HEAD and OPTIONS may be repeated anyway.
func (inv *invocation) keepKey(r *http.Request, body []byte, redacted []string) error {
	keys := r.Header.Values(IdempotencyKeyHeader)
	if len(keys) == 0 || r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions {
		return nil
	}
	key := keys[0]
	visible := func(c rune) bool { return '!' <= c && c <= '~' }
	if len(keys) > 1 || key == "" || len(key) > maxIdempotencyKeyBytes || strings.ContainsFunc(key, func(c rune) bool { return !visible(c) }) {
		return refused(http.StatusBadRequest, "%s must be 1 to %d visible ASCII characters", IdempotencyKeyHeader, maxIdempotencyKeyBytes)
	}
	hashed := sha256.Sum256([]byte(key))
	inv.dedupeKey = fmt.Sprintf("%s%s:%s", requestKeyPrefix, inv.script.ID, hex.EncodeToString(hashed[:]))
	inv.fingerprint = fingerprint(key, r, body, redacted)
	return nil
}

// fingerprint tells requests with the same key from one another, those of other callers included. It is hashed with the key,
// which no record has: who reads the records cannot find out credentials by trying them.
func fingerprint(key string, r *http.Request, body []byte, redacted []string) string {
	h := hmac.New(sha256.New, []byte(key))
	add := func(part []byte) {
		_, _ = h.Write(binary.AppendUvarint(nil, uint64(len(part))))
		_, _ = h.Write(part)
	}
	for _, part := range []string{r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header.Get("Content-Type")} {
		add([]byte(part))
	}
	for _, name := range slices.Concat(redactedHeaders, redacted) {
		add([]byte(strings.Join(r.Header.Values(name), "\x00")))
	}
	add(body)
	return hex.EncodeToString(h.Sum(nil))
}

// once answers a request with an idempotency key: by run where the key is new, otherwise as replay says.
func (n *node) once(ctx context.Context, inv *invocation, location string, run func() (answer, error)) (answer, error) {
	const tries = 3 // a key may be given up, or pruned, between the look at it and the run
	for range tries {
		a, err := n.replay(ctx, inv, location)
		if !errors.Is(err, ErrNotFound) {
			return a, err
		}
		a, err = run()
		if duplicate, ok := errors.AsType[*DuplicateError](err); !ok || duplicate.Field != "dedupeKey" {
			return a, err
		}
	}
	return stillRuns(), nil
}

// replay answers a request whose key another one holds; ErrNotFound says that none does.
func (n *node) replay(ctx context.Context, inv *invocation, location string) (answer, error) {
	tenantID := inv.script.TenantID
	held, err := n.rt.store.DedupeKey(ctx, tenantID, inv.dedupeKey)
	if err != nil {
		return answer{}, err
	}
	if held.Fingerprint != inv.fingerprint {
		return refusal(http.StatusUnprocessableEntity, "the idempotency key was used for another request"), nil
	}
	if held.Reply != nil {
		return repeated(held)
	}
	record, err := n.rt.store.Execution(ctx, tenantID, held.ExecutionID)
	switch pruned := errors.Is(err, ErrNotFound); {
	case err != nil && !pruned:
		return answer{}, err
	case pruned && inv.script.Async, err == nil && !record.Attached: // whatever the script is by now
		return acceptance(held.ExecutionID, location).with(ReplayedHeader, "true"), nil
	case err == nil && !record.Status.IsTerminal():
		return stillRuns(), nil
	}
	now, err := n.rt.store.DedupeKey(ctx, tenantID, inv.dedupeKey) // the run may have ended after the first look at its key
	if err != nil {
		return answer{}, err
	}
	if now.Reply != nil || now.ExecutionID != held.ExecutionID {
		return n.replay(ctx, inv, location)
	}
	unknown := refusal(http.StatusInternalServerError, "the request was interrupted, and how far it came is not known")
	return unknown.withExecution(held.ExecutionID).with(ReplayedHeader, "true"), nil
}

// repeated is the answer that is kept with a key.
func repeated(held KeyRecord) (a answer, err error) {
	if err := json.Unmarshal(held.Reply, &a); err != nil {
		return answer{}, fmt.Errorf("reply of execution %s: %w", held.ExecutionID, err)
	}
	return a.withExecution(held.ExecutionID).with(ReplayedHeader, "true"), nil
}

func stillRuns() answer {
	return refusal(http.StatusConflict, "a request with this idempotency key is still running").with("Retry-After", "1")
}

// settleKey says what becomes of the idempotency key of a request for whose outcome its sender waits: the answer is kept with
// it, and one that never began gives it up. An interrupted one keeps it without an answer, since nobody knows how far it came.
func (o *Outcome) settleKey() {
	r := o.Execution
	if !r.Attached || !strings.HasPrefix(r.DedupeKey, requestKeyPrefix) {
		return
	}
	switch {
	case r.StartedAt.IsZero() || isSuspended(&o.Execution):
		o.ReleaseKey = true
	case r.Failure == nil || r.Failure.Kind != FailureInterrupted:
		o.Reply, _ = json.Marshal(answerOf(&o.Execution)) // of texts and bytes alone
	}
}
