package kvtest

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/kv"
)

// model is a store that is too simple to be wrong. It forgets nothing that has expired, but for a key that is written again.
type model struct {
	entries  map[uuid.UUID]map[string]kv.Entry
	versions map[uuid.UUID]uint64 // the last that the store gave
}

func newModel() *model {
	return &model{entries: map[uuid.UUID]map[string]kv.Entry{}, versions: map[uuid.UUID]uint64{}}
}

func (m *model) live(tenant uuid.UUID, key string, now time.Time) (kv.Entry, bool) {
	e, found := m.entries[tenant][key]
	if !found || !e.ExpiresAt.IsZero() && !e.ExpiresAt.After(now) {
		return kv.Entry{}, false
	}
	return e, true
}

func (m *model) sorted(tenant uuid.UUID, prefix string, now time.Time) (entries []kv.Entry) {
	for key := range m.entries[tenant] {
		if e, live := m.live(tenant, key, now); live && strings.HasPrefix(key, prefix) {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b kv.Entry) int { return cmp.Compare(a.Key, b.Key) })
	return entries
}

func (m *model) used(tenant uuid.UUID, now time.Time) (used kv.Quota) {
	for _, e := range m.sorted(tenant, "", now) {
		used.Keys++
		used.Bytes += int64(len(e.Key) + len(e.Value.Data))
	}
	return used
}

// set returns the error of the call. The version is the store's to choose.
func (m *model) set(tenant uuid.UUID, w kv.Write, now time.Time) error {
	before, _ := m.live(tenant, w.Key, now)
	if w.Expect != nil && *w.Expect != before.Version {
		return jsruntime.ErrConflict
	}
	return m.put(tenant, kv.Entry{Key: w.Key, Value: w.Value, ExpiresAt: w.ExpiresAt}, w.Quota, now)
}

func (m *model) put(tenant uuid.UUID, e kv.Entry, quota kv.Quota, now time.Time) error {
	before := m.used(tenant, now)
	old, had := m.entries[tenant][e.Key]
	if m.entries[tenant] == nil {
		m.entries[tenant] = map[string]kv.Entry{}
	}
	m.entries[tenant][e.Key] = e
	after := m.used(tenant, now)
	if after.Keys > max(quota.Keys, before.Keys) || after.Bytes > max(quota.Bytes, before.Bytes) {
		delete(m.entries[tenant], e.Key)
		if had {
			m.entries[tenant][e.Key] = old
		}
		return kv.ErrQuota
	}
	return nil
}

func (m *model) increment(tenant uuid.UUID, inc kv.Increment, now time.Time) error {
	e, found := m.live(tenant, inc.Key, now)
	if !found {
		e = kv.Entry{Key: inc.Key, ExpiresAt: inc.ExpiresAt, Value: kv.Value{Data: []byte("0")}}
	}
	var n any
	if err := json.Unmarshal(e.Value.Data, &n); err != nil {
		return err
	}
	number, ok := n.(float64)
	if !ok || e.Value.Binary {
		return kv.ErrNotNumber
	}
	e.Value.Data, _ = json.Marshal(number + inc.By)
	return m.put(tenant, e, inc.Quota, now)
}
