package store

import "github.com/jsruntime/jsruntime"

// fresh are the execution records that a call has written and not yet encoded, by their keys in bExecutions. A call that
// stores an execution and claims it would otherwise write, read and write it.
type fresh struct {
	records map[string]*jsruntime.ExecutionRecord
	order   []string
}

// keep holds a record back until the call ends, and shadows what is stored.
func (f *fresh) keep(key []byte, r *jsruntime.ExecutionRecord) {
	if f.records == nil {
		f.records = map[string]*jsruntime.ExecutionRecord{}
	}
	k := string(key)
	if _, known := f.records[k]; !known {
		f.order = append(f.order, k)
	}
	f.records[k] = r
}

// forget drops a record that was removed.
func (f *fresh) forget(key []byte) {
	if f.records[string(key)] != nil {
		f.records[string(key)] = nil
	}
}

// saveFresh writes the records that were held back.
func (t *tx) saveFresh() error {
	order, records := t.fresh.order, t.fresh.records
	t.fresh = fresh{}
	for _, key := range order {
		if r := records[key]; r != nil {
			if err := save(t, bExecutions, []byte(key), r); err != nil {
				return err
			}
		}
	}
	return nil
}
