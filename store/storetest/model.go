package storetest

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
)

// model is the contract once more, in the most naive way: slices and maps that every question goes through from end
// to end. It is for one goroutine.
type model struct {
	scripts  []jsruntime.ScriptRecord
	versions []jsruntime.VersionRecord
	changes  []change // in order
	runs     []jsruntime.ExecutionRecord
	logs     map[uuid.UUID][]jsruntime.LogEntry
	keys     []dedupeKey
	leases   map[string]time.Time
	ticks    []jsruntime.TickRecord
	cursors  map[change]time.Time
	lastTurn map[uuid.UUID]int64 // tenant -> the token that ended its last turn
	served   map[uuid.UUID]int   // tenant -> executions that it has had since
	places   map[uuid.UUID]int   // execution -> its place among all with an order key
	placed   int                 // places that were given
	token    int64
}

type change struct{ tenant, script uuid.UUID }

type dedupeKey struct {
	tenant uuid.UUID
	key    string
	record jsruntime.KeyRecord
}

func newModel() *model {
	return &model{
		logs: map[uuid.UUID][]jsruntime.LogEntry{}, leases: map[string]time.Time{}, cursors: map[change]time.Time{},
		lastTurn: map[uuid.UUID]int64{}, served: map[uuid.UUID]int{}, places: map[uuid.UUID]int{},
	}
}

func (m *model) script(tenant, id uuid.UUID) int {
	return slices.IndexFunc(m.scripts, func(s jsruntime.ScriptRecord) bool { return s.TenantID == tenant && s.ID == id })
}

// clash returns the error for a script that cannot be stored beside the others.
func (m *model) clash(s jsruntime.ScriptRecord) error {
	for _, other := range m.scripts {
		if other.TenantID == s.TenantID && other.ID != s.ID && other.Name == s.Name {
			return &jsruntime.DuplicateError{Field: "name", ID: other.ID}
		}
	}
	for _, other := range m.scripts {
		if other.TenantID == s.TenantID && other.ID != s.ID && s.RoutesOverlap(other) {
			return &jsruntime.DuplicateError{Field: "httpPath", ID: other.ID}
		}
	}
	return nil
}

func (m *model) changed(s jsruntime.ScriptRecord) {
	c := change{s.TenantID, s.ID}
	m.changes = slices.DeleteFunc(m.changes, func(other change) bool { return other == c })
	m.changes = append(m.changes, c)
}

func (m *model) createScript(s jsruntime.ScriptRecord, v jsruntime.VersionRecord) error {
	if m.script(s.TenantID, s.ID) >= 0 {
		return &jsruntime.DuplicateError{Field: "id", ID: s.ID}
	}
	if err := m.clash(s); err != nil {
		return err
	}
	m.scripts, m.versions = append(m.scripts, s), append(m.versions, v)
	m.changed(s)
	return nil
}

func (m *model) updateScript(u jsruntime.ScriptUpdate) error {
	s, v := u.Script, u.Version
	i := m.script(s.TenantID, s.ID)
	if i < 0 {
		return jsruntime.ErrNotFound
	}
	if m.scripts[i].Revision != s.Revision-1 {
		return jsruntime.ErrConflict
	}
	if err := m.clash(s); err != nil {
		return err
	}
	if v != nil {
		m.versions = append(m.versions, *v)
	}
	m.scripts[i] = s
	if !u.Cursor.IsZero() {
		m.cursors[change{s.TenantID, s.ID}] = u.Cursor
	}
	m.changed(s)
	return nil
}

func (m *model) deleteScript(tenant, id uuid.UUID, revision int64) error {
	i := m.script(tenant, id)
	if i < 0 {
		return jsruntime.ErrNotFound
	}
	if m.scripts[i].Revision != revision {
		return jsruntime.ErrConflict
	}
	m.changed(m.scripts[i])
	m.scripts = slices.Delete(m.scripts, i, i+1)
	return nil
}

func (m *model) run(tenant, id uuid.UUID) int {
	return slices.IndexFunc(m.runs, func(r jsruntime.ExecutionRecord) bool { return r.TenantID == tenant && r.ID == id })
}

func (m *model) key(tenant uuid.UUID, key string) int {
	return slices.IndexFunc(m.keys, func(k dedupeKey) bool { return key != "" && k.tenant == tenant && k.key == key })
}

func (m *model) holder(tenant uuid.UUID, key string) (uuid.UUID, bool) {
	if i := m.key(tenant, key); i >= 0 {
		return m.keys[i].record.ExecutionID, true
	}
	return uuid.Nil, false
}

func (m *model) add(r jsruntime.ExecutionRecord) {
	if _, taken := m.holder(r.TenantID, r.DedupeKey); !taken && r.DedupeKey != "" {
		m.keys = append(m.keys, dedupeKey{r.TenantID, r.DedupeKey, jsruntime.KeyRecord{
			ExecutionID: r.ID, CreatedAt: r.CreatedAt, Fingerprint: r.Fingerprint,
		}})
	}
	m.placed++
	m.places[r.ID] = m.placed
	m.runs = append(m.runs, r)
}

func (m *model) count(match func(jsruntime.ExecutionRecord) bool) (n int) {
	for _, r := range m.runs {
		if match(r) {
			n++
		}
	}
	return n
}

func (m *model) createExecutions(c jsruntime.Creation) ([]uuid.UUID, error) {
	records, maxPending := c.Executions, c.MaxPending
	if i := m.script(records[0].TenantID, records[0].ScriptID); c.Revision > 0 && (i < 0 || m.scripts[i].Revision != c.Revision) {
		return nil, jsruntime.ErrConflict
	}
	before, keys := slices.Clone(m.runs), slices.Clone(m.keys)
	ids, stored := make([]uuid.UUID, len(records)), false
	for i, r := range records {
		if holder, taken := m.holder(r.TenantID, r.DedupeKey); taken {
			ids[i] = holder
			continue
		}
		m.add(r)
		ids[i], stored = r.ID, true
	}
	pending := m.count(func(r jsruntime.ExecutionRecord) bool {
		return r.TenantID == records[0].TenantID && r.Status == jsruntime.ExecutionPending
	})
	if stored && maxPending > 0 && pending > maxPending {
		m.runs, m.keys = before, keys
		return nil, jsruntime.ErrOverloaded
	}
	return ids, nil
}

// claimable reports whether the contract lets the node have the execution.
func (m *model) claimable(r jsruntime.ExecutionRecord, node string, now time.Time) bool {
	if r.Status != jsruntime.ExecutionPending || r.RunAt.After(now) || r.Attached && r.Lease.Node != node {
		return false
	}
	running := m.count(func(other jsruntime.ExecutionRecord) bool {
		return other.TenantID == r.TenantID && other.ScriptID == r.ScriptID && other.Status == jsruntime.ExecutionRunning
	})
	if i := m.script(r.TenantID, r.ScriptID); i >= 0 {
		s := m.scripts[i]
		if s.Status == jsruntime.ScriptStatusPaused || running >= s.Limits.MaxConcurrentRuns {
			return false
		}
	}
	if r.ConcurrencyCap > 0 && running >= r.ConcurrencyCap {
		return false
	}
	inTheWay := m.count(func(other jsruntime.ExecutionRecord) bool {
		return r.OrderKey != "" && other.TenantID == r.TenantID && other.ScriptID == r.ScriptID &&
			other.OrderKey == r.OrderKey && !other.Status.IsTerminal() && m.places[other.ID] < m.places[r.ID]
	})
	return inTheWay == 0
}

// serve gives an execution to a node.
func (m *model) serve(r jsruntime.ExecutionRecord, c jsruntime.Claim, token int64) jsruntime.ExecutionRecord {
	m.token = token
	if m.served[r.TenantID]++; m.served[r.TenantID] >= r.Weight {
		m.served[r.TenantID], m.lastTurn[r.TenantID] = 0, token
	}
	stored := &m.runs[m.run(r.TenantID, r.ID)]
	stored.Status, stored.StartedAt = jsruntime.ExecutionRunning, c.Now
	stored.Lease = jsruntime.Lease{Node: c.Node, Token: token, Call: c.Call}
	return *stored
}

// candidates returns for each tenant that has a claimable execution the one to claim first, of those tenants whose
// last turn ended longest ago. Tenants that never had one are equal.
func (m *model) candidates(node string, now time.Time) []jsruntime.ExecutionRecord {
	first := map[uuid.UUID]jsruntime.ExecutionRecord{}
	for _, r := range m.runs {
		if !m.claimable(r, node, now) {
			continue
		}
		if best, ok := first[r.TenantID]; !ok || byTurn(r, best) < 0 {
			first[r.TenantID] = r
		}
	}
	var found []jsruntime.ExecutionRecord
	for tenant, r := range first {
		longest := true
		for other := range first {
			longest = longest && m.lastTurn[tenant] <= m.lastTurn[other]
		}
		if longest {
			found = append(found, r)
		}
	}
	return found
}

func (m *model) finish(o jsruntime.Outcome) error {
	i := m.run(o.Execution.TenantID, o.Execution.ID)
	token := o.Execution.Lease.Token
	o.Execution.Lease = jsruntime.Lease{}
	switch {
	case o.From == "" && i >= 0:
		return jsruntime.ErrConflict
	case o.From == "":
		m.add(o.Execution)
	case i < 0:
		return jsruntime.ErrNotFound
	case m.runs[i].Status != o.From || o.From.IsTerminal() || m.runs[i].Lease.Token != token:
		return jsruntime.ErrConflict
	default:
		m.runs[i] = o.Execution
	}
	m.logs[o.Execution.ID] = o.Logs
	if i := m.key(o.Execution.TenantID, o.Execution.DedupeKey); o.Reply != nil && i >= 0 && m.keys[i].record.ExecutionID == o.Execution.ID {
		m.keys[i].record.Reply = o.Reply
	}
	if i := m.key(o.Execution.TenantID, o.Execution.DedupeKey); o.ReleaseKey && i >= 0 && m.keys[i].record.ExecutionID == o.Execution.ID {
		m.keys = slices.Delete(m.keys, i, i+1)
	}
	if o.Next != nil {
		m.add(*o.Next)
		if o.Next.ScriptID == o.Execution.ScriptID && o.Next.OrderKey == o.Execution.OrderKey {
			m.places[o.Next.ID] = m.places[o.Execution.ID]
		}
	}
	return nil
}

func (m *model) resolve(tenant, id uuid.UUID, next *jsruntime.ExecutionRecord) error {
	i := m.run(tenant, id)
	if i < 0 {
		return jsruntime.ErrNotFound
	}
	if !m.runs[i].DeadLetter {
		return jsruntime.ErrConflict
	}
	m.runs[i].DeadLetter = false
	if next != nil {
		m.runs[i].NextID = next.ID
		m.add(*next)
	}
	return nil
}

func (m *model) expired(now time.Time, limit int) []jsruntime.ExecutionRecord {
	var found []jsruntime.ExecutionRecord
	for _, r := range m.runs {
		held := r.Status == jsruntime.ExecutionRunning || r.Status == jsruntime.ExecutionPending && r.Attached
		if until, ok := m.leases[r.Lease.Node]; held && (!ok || !until.After(now)) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, byCreation)
	return found[:min(limit, len(found))]
}

func (m *model) claimed(node string, limit int) []jsruntime.ExecutionRecord {
	var found []jsruntime.ExecutionRecord
	for _, r := range m.runs {
		if r.Status == jsruntime.ExecutionRunning && r.Lease.Node == node {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, byCreation)
	return found[:min(limit, len(found))]
}

// prunable returns what the pruning chooses.
func (m *model) prunable(p jsruntime.Pruning) map[uuid.UUID]bool {
	chosen := map[uuid.UUID]bool{}
	for _, r := range m.runs {
		if !r.Status.IsTerminal() || r.DeadLetter || len(p.Statuses) > 0 && !slices.Contains(p.Statuses, r.Status) {
			continue
		}
		newer := m.count(func(other jsruntime.ExecutionRecord) bool {
			return other.TenantID == r.TenantID && other.ScriptID == r.ScriptID && other.Status.IsTerminal() &&
				byCreation(other, r) > 0
		})
		if !p.Before.IsZero() && r.CreatedAt.Before(p.Before) || p.KeepPerScript > 0 && newer >= p.KeepPerScript {
			chosen[r.ID] = true
		}
	}
	return chosen
}

func (m *model) recordTicks(t jsruntime.Ticks) error {
	of := change{t.TenantID, t.ScriptID}
	i := m.script(t.TenantID, t.ScriptID)
	if !m.cursors[of].Equal(t.From) || t.Revision > 0 && (i < 0 || m.scripts[i].Revision != t.Revision) {
		return jsruntime.ErrConflict
	}
	m.cursors[of] = t.To
	for _, due := range t.Due {
		known := slices.ContainsFunc(m.ticks, func(other jsruntime.TickRecord) bool {
			return other.TenantID == t.TenantID && other.ScriptID == t.ScriptID && other.Instant.Equal(due.Record.Instant)
		})
		if known {
			continue
		}
		m.ticks = append(m.ticks, due.Record)
		if due.Run != nil {
			m.add(*due.Run)
		}
	}
	return nil
}

func byCreation(a, b jsruntime.ExecutionRecord) int {
	return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), bytes.Compare(a.ID[:], b.ID[:]))
}

func byTurn(a, b jsruntime.ExecutionRecord) int {
	return cmp.Or(a.RunAt.Compare(b.RunAt), byCreation(a, b))
}
