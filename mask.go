package jsruntime

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

const (
	// MaskedText is what stands in the place of a secret.
	MaskedText = "***"

	// leastSecret is how many bytes a text must have to be masked: a shorter one would be found everywhere.
	leastSecret = 4
	// leastSecretLine is how many bytes a line of a secret with several must have to be masked by itself.
	leastSecretLine = 16
	// maxSecretBytes is how many bytes all secrets of an execution may have together: finding them takes memory.
	maxSecretBytes = 64 << 10
)

// Mask keeps a secret that the function has come to know out of what the execution leaves behind: its output, its error, its
// log and the errors of host functions have [MaskedText] in its place, as they have in the place of what context.secrets.get
// has returned; [WithSecrets] says how far that goes. It may be called until the function returns. Where the secrets of an
// execution come to more than 64 KiB, the call fails instead of returning anything to the script, and so do those after it.
func (c FunctionCall) Mask(secret string) {
	if c.host != nil {
		c.host.masks.add(secret)
	}
}

// masks are the secrets of one execution.
type masks struct {
	mu       sync.Mutex
	secrets  []string
	bytes    int
	overflow bool
	found    *matcher // of all secrets; made when first needed
}

func (m *masks) add(secret string) {
	if len(secret) < leastSecret {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case slices.Contains(m.secrets, secret):
	case m.bytes+len(secret) > maxSecretBytes:
		m.overflow = true
	default:
		m.secrets = append(m.secrets, secret)
		m.bytes += len(secret)
		m.found = nil
	}
}

// full returns an error when there was a secret too many.
func (m *masks) full() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.overflow {
		return fmt.Errorf("the secrets of an execution must be at most %d bytes", maxSecretBytes)
	}
	return nil
}

// matcher returns what finds the secrets; nil where there are none.
func (m *masks) matcher() *matcher {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.found == nil && len(m.secrets) > 0 {
		var forms []string
		for _, secret := range m.secrets {
			forms = append(forms, formsOf(secret)...)
		}
		m.found = newMatcher(forms)
	}
	return m.found
}

// formsOf returns a secret as texts show it: as it is, and as it is escaped within JSON, Go's and a console's quotes; and its
// lines, which may be shown one by one.
func formsOf(secret string) []string {
	var forms []string
	add := func(form string) {
		if len(form) >= leastSecret && !slices.Contains(forms, form) {
			forms = append(forms, form)
		}
	}
	add(secret)
	// What is not UTF-8 reaches a script as the one, and a log as the other.
	for _, text := range []string{string([]rune(secret)), strings.ToValidUTF8(secret, "\uFFFD")} {
		add(text)
		add(inQuotes(appendJSON(nil, text)))
		if asGo, err := json.Marshal(text); err == nil {
			add(inQuotes(asGo))
		}
		add(inQuotes([]byte(strconv.Quote(text))))
		for _, mark := range []string{"'", `"`} {
			add(strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`, "\t", `\t`, mark, `\`+mark).Replace(text))
		}
	}
	for line := range strings.Lines(secret) {
		if line = strings.TrimSpace(line); len(line) >= leastSecretLine {
			add(line)
		}
	}
	return forms
}

func inQuotes(quoted []byte) string { return string(quoted[1 : len(quoted)-1]) }

// outcome masks what a run leaves behind: its record, and its logs, which it returns.
func (m *masks) outcome(record *ExecutionRecord, logs []LogEntry) []LogEntry {
	found := m.matcher()
	if found == nil {
		return logs
	}
	record.Output = found.maskJSON(record.Output)
	if failure := record.Failure; failure != nil {
		failure.Message, failure.Stack = found.mask(failure.Message), found.mask(failure.Stack)
	}
	logs = slices.Clone(logs) // they are the executor's
	for i := range logs {
		logs[i].Message = found.mask(logs[i].Message)
	}
	return logs
}

// error masks the text of an error, which matches what it matched before.
func (m *masks) error(err error) error {
	found := m.matcher()
	if found == nil {
		return err
	}
	text := err.Error()
	if masked := found.mask(text); masked != text {
		return &maskedError{masked, err}
	}
	return err
}

type maskedError struct {
	text string
	err  error
}

// Error returns the text without secrets.
func (e *maskedError) Error() string { return e.text }

// Unwrap returns the error with its own text.
func (e *maskedError) Unwrap() error { return e.err }
