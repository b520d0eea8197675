package kv

import (
	"bytes"
	"context"
	"iter"
	"sync"

	"github.com/tidwall/btree"

	"github.com/jsruntime/jsruntime"
)

// Memory is a [Store] that keeps everything in memory and forgets it when it is closed.
type Memory struct{ engine }

var _ Store = (*Memory)(nil)

// NewMemory returns an empty store. Closing it is optional.
func NewMemory() *Memory {
	m := &memoryBackend{}
	for t := range m.tables {
		m.tables[t] = btree.NewBTreeGOptions(lessItem, btree.Options{NoLocks: true})
	}
	return &Memory{engine{backend: m}}
}

type item struct{ key, value []byte }

func lessItem(a, b item) bool { return bytes.Compare(a.key, b.key) < 0 }

// memoryBackend is both the backend and its transactions, of which one at a time writes.
type memoryBackend struct {
	mu     sync.RWMutex
	tables [tableCount]*btree.BTreeG[item]
	closed bool
}

func (m *memoryBackend) view(fn func(tx)) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if m.closed {
		return jsruntime.ErrClosed
	}
	fn(m)
	return nil
}

func (m *memoryBackend) update(_ context.Context, fn func(tx) error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return jsruntime.ErrClosed
	}
	return fn(m)
}

func (m *memoryBackend) close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed, m.tables = true, [tableCount]*btree.BTreeG[item]{}
	return nil
}

func (m *memoryBackend) get(t table, key []byte) []byte {
	found, _ := m.tables[t].Get(item{key: key})
	return found.value
}

func (m *memoryBackend) put(t table, key, value []byte) { m.tables[t].Set(item{key, value}) }

func (m *memoryBackend) remove(t table, key []byte) { m.tables[t].Delete(item{key: key}) }

func (m *memoryBackend) ascend(t table, from []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func([]byte, []byte) bool) {
		m.tables[t].Ascend(item{key: from}, func(i item) bool { return yield(i.key, i.value) })
	}
}
