package fetch

import "github.com/jsruntime/jsruntime"

// Functions are the host functions of a grant.
type Functions struct {
	Send, Read, Abort jsruntime.Function
	client            *client
}

// NewFunctions returns what Grant grants.
func NewFunctions(opts ...Option) (*Functions, error) {
	s, err := newSettings(opts)
	if err != nil {
		return nil, err
	}
	c := newClient(s)
	return &Functions{Send: c.send, Read: c.read, Abort: c.abort, client: c}, nil
}

// Known returns how many runs and tenants are remembered.
func (f *Functions) Known() (runs, tenants int) {
	f.client.runs.mu.Lock()
	defer f.client.runs.mu.Unlock()
	f.client.tenants.mu.Lock()
	defer f.client.tenants.mu.Unlock()
	return len(f.client.runs.runs), len(f.client.tenants.tenants)
}

// Connections returns how many connections are open.
func (f *Functions) Connections() int { return len(f.client.tenants.dialer.slots) }

// CheckAddress checks an address with its port as it is checked when it is dialed.
func (f *Functions) CheckAddress(network, address string) error {
	return f.client.tenants.dialer.checkAny(network, address, nil)
}

// CanonicalHost is the form in which hosts are compared.
func CanonicalHost(host string) (string, bool) { return canonicalHost(host) }

// AllOf is several options as one.
func AllOf(opts ...Option) Option {
	return func(s *settings) error {
		for _, opt := range opts {
			if err := opt(s); err != nil {
				return err
			}
		}
		return nil
	}
}
