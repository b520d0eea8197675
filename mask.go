package jsruntime

import (
	"slices"
	"sync"
)

// leastSecret is how many bytes a secret must have to be masked.
const leastSecret = 4

// Mask keeps a secret that the function has come to know out of what the execution leaves behind, as those are kept out
// that the script has got from context.secrets.get. It may be called at any time until the function returns.
func (c FunctionCall) Mask(secret string) { c.masks.add(secret) }

// masks are the secrets of one execution.
type masks struct {
	mu      sync.Mutex
	secrets []string
}

func (m *masks) add(secret string) {
	if m == nil || len(secret) < leastSecret {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if !slices.Contains(m.secrets, secret) {
		m.secrets = append(m.secrets, secret)
	}
}
