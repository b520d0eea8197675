package store

import (
	"bytes"
	"sync"

	"github.com/jsruntime/jsruntime"
)

// maxCachedScripts is how many bytes of stored scripts a cache holds before it begins anew.
const maxCachedScripts = 16 << 20

// scriptCache keeps decoded scripts, since each run reads its script. It trusts nothing but the stored bytes: a script is
// what was decoded before when they are the same, so nobody has to tell it of a change.
type scriptCache struct {
	mu    sync.Mutex
	size  int
	byKey map[string]cachedScript
}

type cachedScript struct {
	raw    []byte
	record *jsruntime.ScriptRecord
}

// decode returns the script that is stored as raw under a key.
func (c *scriptCache) decode(key, raw []byte) (jsruntime.ScriptRecord, error) {
	c.mu.Lock()
	known := c.byKey[string(key)]
	c.mu.Unlock()
	if known.record != nil && bytes.Equal(known.raw, raw) {
		return known.record.Clone(), nil
	}
	record, err := decode[jsruntime.ScriptRecord](raw)
	if err != nil {
		return jsruntime.ScriptRecord{}, err
	}
	c.keep(string(key), cachedScript{bytes.Clone(raw), record})
	return record.Clone(), nil
}

func (c *scriptCache) keep(key string, s cachedScript) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.size += len(s.raw) - len(c.byKey[key].raw)
	if c.size > maxCachedScripts || c.byKey == nil {
		c.byKey, c.size = map[string]cachedScript{}, len(s.raw)
	}
	c.byKey[key] = s
}
