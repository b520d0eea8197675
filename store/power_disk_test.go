package store

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
)

// diskEvent is something that was done to a file, or an acknowledgement. Acknowledgements are in the same log, and so in
// order with the rest.
type diskEvent struct {
	kind byte
	at   int64 // of a write; the size for a truncation
	data []byte
}

const (
	diskWrites    = 'W' // the write begins
	diskTruncates = 'T'
	diskSyncs     = 's' // the sync begins
	diskSynced    = 'S'
	diskFailed    = 'F' // the sync failed
	diskKilled    = 'K' // the process was killed
	acknowledged  = 'A'
)

func (e diskEvent) bytes() []byte {
	b := binary.LittleEndian.AppendUint64([]byte{e.kind}, uint64(e.at)) //nolint:gosec // an offset
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(e.data))), e.data...)
}

// wholeEvents reads a log, which may end in the middle of an event.
func wholeEvents(t *testing.T, path string) (events []diskEvent) {
	t.Helper()
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	for len(raw) >= eventHeader {
		size := eventHeader + int(binary.LittleEndian.Uint32(raw[9:]))
		if size > len(raw) {
			break
		}
		at := int64(binary.LittleEndian.Uint64(raw[1:])) //nolint:gosec // an offset
		events = append(events, diskEvent{raw[0], at, raw[eventHeader:size]})
		raw = raw[size:]
	}
	return events
}

const eventHeader = 1 + 8 + 4

// disk is what a disk holds of a file.
type disk struct {
	random  *rand.Rand
	synced  []byte
	pending []diskEvent // that no sync has made durable yet
	covered int         // as many of them were there when the latest sync began
}

const sector = 512

func (d *disk) do(e diskEvent) {
	switch e.kind {
	case diskWrites, diskTruncates:
		d.pending = append(d.pending, e)
	case diskSyncs:
		d.covered = len(d.pending)
	case diskSynced:
		for _, e := range d.pending[:d.covered] {
			d.synced = e.applyTo(d.synced, func() bool { return true })
		}
		d.pending = d.pending[d.covered:]
	case diskFailed: // the system forgets what it could not write, and a later sync does not make up for it
		for _, e := range d.pending[:d.covered] {
			d.synced = e.applyTo(d.synced, d.half)
		}
		d.pending = d.pending[d.covered:]
	}
}

func (d *disk) half() bool { return d.random.IntN(2) == 0 }

// afterPowerLoss returns the file as it may be then: of what was not synced, the sectors that survives says are there.
func (d *disk) afterPowerLoss(survives func() bool) []byte {
	content := bytes.Clone(d.synced)
	for _, e := range d.pending {
		content = e.applyTo(content, survives)
	}
	return content
}

func (e diskEvent) applyTo(content []byte, survives func() bool) []byte {
	grow := func(to int) {
		if missing := to - len(content); missing > 0 {
			content = append(content, make([]byte, missing)...)
		}
	}
	if e.kind == diskTruncates {
		if survives() {
			grow(int(e.at))
		}
		return content
	}
	for from := 0; from < len(e.data); from += sector {
		if survives() {
			part := e.data[from:min(from+sector, len(e.data))]
			grow(int(e.at) + from + len(part))
			copy(content[int(e.at)+from:], part)
		}
	}
	return content
}

// metaBeforePages returns an error if a meta page was written while pages that it makes count were not synced.
func metaBeforePages(events []diskEvent) error {
	pages := int64(2 * os.Getpagesize())
	unsynced, covered := 0, 0
	commits := 0
	for i, e := range events {
		switch {
		case e.kind == diskWrites && e.at == 0 && int64(len(e.data)) > pages: // a new file
		case e.kind == diskWrites && e.at >= pages:
			unsynced++
		case e.kind == diskWrites && unsynced > 0:
			return fmt.Errorf("event %d: a meta page before %d pages were synced", i, unsynced)
		case e.kind == diskWrites:
			commits++
		case e.kind == diskSyncs:
			covered = unsynced
		case e.kind == diskSynced, e.kind == diskFailed: // a commit whose sync fails begins anew
			unsynced -= covered
			covered = 0
		case e.kind == diskKilled: // and so does one of a process that was killed
			unsynced, covered = 0, 0
		}
	}
	if commits == 0 {
		return errors.New("no commit was recorded")
	}
	return nil
}

// ack is what a call that returned nil has acknowledged about one thing.
type ack struct {
	What   string // "execution", "running", "ended", "gone", "script", "no script", "tick", "cursor", "opened", or "" for anything
	Tenant uuid.UUID
	ID     uuid.UUID
	N      int // a version's number, or a cursor's second
}

func (a ack) event() diskEvent {
	raw, err := json.Marshal(a)
	if err != nil {
		panic(err)
	}
	return diskEvent{kind: acknowledged, data: raw}
}

// holds returns an error unless the store has what was acknowledged, or what can have become of it since.
func (a ack) holds(t *testing.T, st *Bolt) error {
	switch a.What {
	case "execution", "running", "ended":
		r, err := st.Execution(t.Context(), a.Tenant, a.ID)
		if err == nil && (a.What != "execution" && r.Status == jsruntime.ExecutionPending || a.What == "ended" && !r.Status.IsTerminal()) {
			err = fmt.Errorf("it is %s", r.Status)
		}
		return err
	case "script":
		r, err := st.Script(t.Context(), a.Tenant, a.ID)
		if err == nil && r.VersionNumber < a.N {
			err = fmt.Errorf("it has version %d", r.VersionNumber)
		}
		_, missing := st.Version(t.Context(), a.Tenant, a.ID, a.N)
		return errors.Join(err, missing)
	case "gone":
		_, err := st.Execution(t.Context(), a.Tenant, a.ID)
		return isMissing(err)
	case "no script":
		_, err := st.Script(t.Context(), a.Tenant, a.ID)
		return isMissing(err)
	case "tick":
		page, err := st.Ticks(t.Context(), a.Tenant, a.ID, jsruntime.PageRequest{})
		if err == nil && len(page.Items) == 0 {
			err = jsruntime.ErrNotFound
		}
		return err
	case "cursor":
		to, err := st.ScheduleCursor(t.Context(), a.Tenant, a.ID)
		if err == nil && to.Before(fixtureTime(a.N)) {
			err = fmt.Errorf("it is at %s", to)
		}
		return err
	}
	return nil
}

func isMissing(err error) error {
	if errors.Is(err, jsruntime.ErrNotFound) {
		return nil
	}
	return errors.Join(errors.New("it is still there"), err)
}

// acknowledgements are the latest about each thing.
type acknowledgements map[string]ack

func (all acknowledgements) add(t *testing.T, e diskEvent) {
	t.Helper()
	if e.kind != acknowledged {
		return
	}
	var a ack
	require.NoError(t, json.Unmarshal(e.data, &a))
	thing := a.ID.String()
	if a.What == "tick" || a.What == "cursor" {
		thing += a.What
	}
	all[thing] = a
}
