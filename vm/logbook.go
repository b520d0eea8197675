package vm

import (
	"fmt"
	"sync"
	"time"

	"github.com/jsruntime/jsruntime"
)

// logBook keeps what a run writes to its console, within bounds. It may be read while the run goes on.
type logBook struct {
	maxBytes int
	logged   func(jsruntime.LogEntry) // told of each line; may be nil

	mu      sync.Mutex
	lines   []jsruntime.LogEntry
	bytes   int
	dropped int
}

// full reports whether a further message would be dropped, and if so counts it.
func (b *logBook) full() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.lines) < maxLogLines && b.bytes < b.maxBytes && b.dropped == 0 {
		return false
	}
	b.dropped++
	return true
}

func (b *logBook) add(level jsruntime.LogLevel, message string) {
	line := jsruntime.LogEntry{Time: time.Now(), Level: level, Message: message}
	if b.keep(line) && b.logged != nil {
		b.logged(line)
	}
}

// keep takes a line down, or counts it as dropped.
func (b *logBook) keep(line jsruntime.LogEntry) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.bytes+len(line.Message) > b.maxBytes {
		b.dropped++
		return false
	}
	b.bytes += len(line.Message)
	b.lines = append(b.lines, line)
	return true
}

// entries returns the messages so far and the number of those that were dropped; where there are any, the last entry
// says so.
func (b *logBook) entries() ([]jsruntime.LogEntry, int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	lines := b.lines[:len(b.lines):len(b.lines)]
	if b.dropped > 0 {
		lines = append(lines, jsruntime.LogEntry{
			Time:    time.Now(),
			Level:   jsruntime.LogWarn,
			Message: fmt.Sprintf("[%d more console messages were dropped: the log of a run is limited to %d entries and %d bytes]", b.dropped, maxLogLines, b.maxBytes),
		})
	}
	return lines, b.dropped
}
