package store

import (
	"bytes"
	"iter"
	"sync"

	"github.com/tidwall/btree"

	"github.com/jsruntime/jsruntime"
)

// Memory is a [jsruntime.Store] that keeps everything in memory and forgets it when it is closed. It behaves as [Bolt]
// does, with which it shares all but the storage of bytes.
type Memory struct{ engine }

var _ jsruntime.Store = (*Memory)(nil)

// NewMemory returns an empty store. Closing it is optional.
func NewMemory() *Memory {
	m := &memoryBackend{}
	for b := range m.buckets {
		m.buckets[b] = btree.NewBTreeGOptions(lessItem, btree.Options{NoLocks: true})
	}
	return &Memory{newEngine(m)}
}

type item struct{ key, value []byte }

func lessItem(a, b item) bool { return bytes.Compare(a.key, b.key) < 0 }

// memoryBackend is both the backend and the kv of its transactions: writers are alone, and undo what they wrote when
// they fail.
type memoryBackend struct {
	mu      sync.RWMutex
	buckets [bucketCount]*btree.BTreeG[item]
	closed  bool
}

func (m *memoryBackend) view(fn func(*tx) error) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return jsruntime.ErrClosed
	}
	return fn(&tx{kv: m})
}

func (m *memoryBackend) update(_ <-chan struct{}, fn func(*tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return jsruntime.ErrClosed
	}
	err, _ := (&tx{kv: m}).run(fn) // writes to a B-tree do not fail, and so neither does undoing them
	return err
}

func (m *memoryBackend) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.buckets = true, [bucketCount]*btree.BTreeG[item]{}
	return nil
}

func (m *memoryBackend) get(b bucket, key []byte) []byte {
	found, _ := m.buckets[b].Get(item{key: key})
	return found.value
}

func (m *memoryBackend) put(b bucket, key, value []byte) error {
	m.buckets[b].Set(item{key, value})
	return nil
}

func (m *memoryBackend) delete(b bucket, key []byte) error {
	m.buckets[b].Delete(item{key: key})
	return nil
}

func (m *memoryBackend) firstEntry(b bucket, prefix, from []byte) (key, value []byte) {
	for key, value := range m.ascend(b, prefix, from) {
		return key, value
	}
	return nil, nil
}

func (m *memoryBackend) ascend(b bucket, prefix, from []byte) iter.Seq2[[]byte, []byte] {
	if bytes.Compare(from, prefix) < 0 {
		from = prefix
	}
	return func(yield func([]byte, []byte) bool) {
		m.buckets[b].Ascend(item{key: from}, func(i item) bool {
			return bytes.HasPrefix(i.key, prefix) && yield(i.key, i.value)
		})
	}
}

func (m *memoryBackend) descend(b bucket, prefix, before []byte) iter.Seq2[[]byte, []byte] {
	if before == nil {
		before = beyond(prefix)
	}
	return func(yield func([]byte, []byte) bool) {
		visit := func(i item) bool {
			if before != nil && bytes.Compare(i.key, before) >= 0 {
				return true
			}
			return bytes.HasPrefix(i.key, prefix) && yield(i.key, i.value)
		}
		if before == nil {
			m.buckets[b].Reverse(visit)
			return
		}
		m.buckets[b].Descend(item{key: before}, visit)
	}
}
