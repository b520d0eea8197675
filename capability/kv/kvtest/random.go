package kvtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/kv"
)

// runRandom makes random calls for tenants of which the store knows nothing yet, and compares each answer with the model's.
func runRandom(t *testing.T, s kv.Store, reopen func() kv.Store) {
	now := epoch
	rapid.Check(t, func(rt *rapid.T) {
		p := &player{T: rt, store: s, now: now, model: newModel(), tenants: []uuid.UUID{newTenant(), newTenant()}}
		moves := map[string]func(*rapid.T){
			"set": p.set, "delete": p.delete, "increment": p.increment, "clear": p.clear, "time": p.pass, "": p.compare,
		}
		if reopen != nil {
			moves["reopen"] = func(*rapid.T) { s = reopen(); p.store = s }
		}
		rt.Repeat(moves)
		now = p.now
	})
}

// player makes each call on the store and on the model.
type player struct {
	*rapid.T
	store   kv.Store
	now     time.Time
	model   *model
	tenants []uuid.UUID
}

var (
	someKeys   = rapid.SampledFrom([]string{"a", "ab", "abc", "b", "b\x00", "c"})
	someValues = rapid.SampledFrom([]kv.Value{
		{Data: []byte("1")}, {Data: []byte("-2.5")}, {Data: []byte(`"text"`)}, {Data: []byte("1"), Binary: true}, {Data: []byte(`{"k":[1,2,3]}`)},
	})
	someQuotas = rapid.SampledFrom([]kv.Quota{ample, ample, {Keys: 3, Bytes: 1000}, {Keys: 10, Bytes: 20}, {Keys: 1, Bytes: 1}})
	someTTLs   = rapid.SampledFrom([]time.Duration{0, 0, time.Millisecond, time.Second, 3 * time.Second, time.Hour})
)

func (p *player) tenant() uuid.UUID { return rapid.SampledFrom(p.tenants).Draw(p.T, "tenant") }

func (p *player) expiry() time.Time {
	if ttl := someTTLs.Draw(p.T, "ttl"); ttl > 0 {
		return p.now.Add(ttl)
	}
	return time.Time{}
}

func (p *player) set(*rapid.T) {
	tenant := p.tenant()
	w := kv.Write{
		Key: someKeys.Draw(p.T, "key"), Value: someValues.Draw(p.T, "value"), ExpiresAt: p.expiry(), Quota: someQuotas.Draw(p.T, "quota"),
	}
	if rapid.Bool().Draw(p.T, "expects") {
		current, _ := p.model.live(tenant, w.Key, p.now)
		expect := rapid.SampledFrom([]uint64{0, current.Version, current.Version, p.model.versions[tenant] / 2}).Draw(p.T, "expect")
		w.Expect = &expect
	}
	wantErr := p.model.set(tenant, w, p.now)
	version, err := p.store.Set(context.Background(), tenant, w, p.now)
	p.agree(wantErr, err)
	if err == nil {
		p.changed(tenant, w.Key, version)
	}
}

// changed checks that a version is new, and tells the model.
func (p *player) changed(tenant uuid.UUID, key string, version uint64) {
	require.Greater(p, version, p.model.versions[tenant], "the version is not new")
	p.model.versions[tenant] = version
	e := p.model.entries[tenant][key]
	e.Version = version
	p.model.entries[tenant][key] = e
}

func (p *player) increment(*rapid.T) {
	tenant := p.tenant()
	inc := kv.Increment{
		Key: someKeys.Draw(p.T, "key"), By: float64(rapid.IntRange(-3, 1000).Draw(p.T, "by")) / 2,
		ExpiresAt: p.expiry(), Quota: someQuotas.Draw(p.T, "quota"),
	}
	wantErr := p.model.increment(tenant, inc, p.now)
	e, err := p.store.Increment(context.Background(), tenant, inc, p.now)
	p.agree(wantErr, err)
	if err == nil {
		p.changed(tenant, inc.Key, e.Version)
		require.Equal(p, p.model.entries[tenant][inc.Key], e)
	}
}

func (p *player) delete(*rapid.T) {
	tenant, key := p.tenant(), someKeys.Draw(p.T, "key")
	_, want := p.model.live(tenant, key, p.now)
	delete(p.model.entries[tenant], key)
	found, err := p.store.Delete(context.Background(), tenant, key, p.now)
	require.NoError(p, err)
	require.Equal(p, want, found)
}

func (p *player) clear(*rapid.T) {
	if rapid.IntRange(0, 4).Draw(p.T, "sure") > 0 {
		return
	}
	tenant := p.tenant()
	delete(p.model.entries, tenant)
	require.NoError(p, p.store.Clear(context.Background(), tenant))
}

func (p *player) pass(*rapid.T) {
	p.now = p.now.Add(time.Duration(rapid.IntRange(1, 2500).Draw(p.T, "milliseconds")) * time.Millisecond)
}

// compare reads everything, in pages of some size.
func (p *player) compare(*rapid.T) {
	for _, tenant := range p.tenants {
		filter := kv.Filter{
			Limit: rapid.IntRange(1, 4).Draw(p.T, "limit"), Values: true, Bytes: rapid.IntRange(1, 20).Draw(p.T, "bytes"),
			Prefix: rapid.SampledFrom([]string{"", "", "a", "b"}).Draw(p.T, "prefix"),
		}
		want := p.model.sorted(tenant, filter.Prefix, p.now)
		var got []kv.Entry
		for more := true; more; more = filter.After != "" {
			page, err := p.store.List(context.Background(), tenant, filter, p.now)
			require.NoError(p, err)
			got, filter.After = append(got, page.Entries...), page.Next
		}
		require.Equal(p, want, got)
		for _, e := range want {
			found, err := p.store.Get(context.Background(), tenant, e.Key, p.now)
			require.NoError(p, err)
			require.Equal(p, e, found)
		}
	}
}

// agree demands errors of the same kind.
func (p *player) agree(want, got error) {
	require.Equal(p, want == nil, got == nil, "want %v, got %v", want, got)
	for _, kind := range []error{jsruntime.ErrConflict, kv.ErrQuota, kv.ErrNotNumber} {
		require.Equal(p, errors.Is(want, kind), errors.Is(got, kind), "want %v, got %v", want, got)
	}
}
