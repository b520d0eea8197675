package jsruntime

import (
	"bytes"
	"encoding/json"
	"strings"
)

// matcher finds many texts at once, in a time that depends on the length of what is searched only: whoever runs scripts can
// choose both the texts and what is searched. It is an automaton as Aho and Corasick describe it.
type matcher struct {
	nodes []matchNode // the first one is the beginning
	first [256]int32  // the node behind the beginning for each byte; 0 for none
}

// matchNode is what has been read of some of the texts.
type matchNode struct {
	child   int32 // the first node with one byte more; 0 for none
	sibling int32 // the next one with as many bytes, which have all but the last in common
	suffix  int32 // the node of the longest end of what has been read
	longest int32 // the length of the longest text that ends here; 0 for none
	last    byte  // that was read
}

func newMatcher(texts []string) *matcher {
	m := &matcher{nodes: make([]matchNode, 1)}
	for _, text := range texts {
		m.add(text)
	}
	m.link()
	return m
}

func (m *matcher) add(text string) {
	at := int32(0)
	for i := range len(text) {
		next := m.child(at, text[i])
		if next == 0 {
			next = int32(len(m.nodes)) //nolint:gosec // the texts are bounded, see maxSecretBytes
			m.nodes = append(m.nodes, matchNode{last: text[i], sibling: m.nodes[at].child})
			m.nodes[at].child = next
			if at == 0 {
				m.first[text[i]] = next
			}
		}
		at = next
	}
	m.nodes[at].longest = int32(len(text)) //nolint:gosec // the same
}

// link finds the suffix of each node, shorter ones first.
func (m *matcher) link() {
	queue := []int32{0}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for next := m.nodes[at].child; next != 0; next = m.nodes[next].sibling {
			node := &m.nodes[next]
			if at != 0 {
				node.suffix = m.step(m.nodes[at].suffix, node.last)
			}
			if node.longest == 0 {
				node.longest = m.nodes[node.suffix].longest
			}
			queue = append(queue, next)
		}
	}
}

// child returns the node that a byte leads to, or 0.
func (m *matcher) child(at int32, b byte) int32 {
	if at == 0 {
		return m.first[b]
	}
	for next := m.nodes[at].child; next != 0; next = m.nodes[next].sibling {
		if m.nodes[next].last == b {
			return next
		}
	}
	return 0
}

// step returns the node after a further byte.
func (m *matcher) step(at int32, b byte) int32 {
	for {
		if next := m.child(at, b); next != 0 || at == 0 {
			return next
		}
		at = m.nodes[at].suffix
	}
}

// match is a part of a text that matches cover.
type match struct{ begin, end int }

// find returns the parts of a text that its matches cover, in order. Those that touch are one.
func (m *matcher) find(text string) (covered []match) {
	at := int32(0)
	for i := range len(text) {
		at = m.step(at, text[i])
		longest := int(m.nodes[at].longest)
		if longest == 0 {
			continue
		}
		found := match{i + 1 - longest, i + 1}
		for last := len(covered) - 1; last >= 0 && covered[last].end >= found.begin; last-- {
			found.begin = min(found.begin, covered[last].begin)
			covered = covered[:last]
		}
		covered = append(covered, found)
	}
	return covered
}

// mask returns the text with MaskedText in the place of each match.
func (m *matcher) mask(text string) string {
	covered := m.find(text)
	if len(covered) == 0 {
		return text
	}
	var b strings.Builder
	from := 0
	for _, part := range covered {
		b.WriteString(text[from:part.begin])
		b.WriteString(MaskedText)
		from = part.end
	}
	b.WriteString(text[from:])
	return b.String()
}

// maskJSON masks the strings of a JSON text, names of properties included. An HTTP answer stays one: its own names are kept, and
// where its body is bytes, these are masked, and not their base64, in which a short secret may be found by chance.
func (m *matcher) maskJSON(raw []byte) []byte {
	s, ok := parseAnswer(raw)
	if !ok {
		return m.maskStrings(raw)
	}
	masked := []byte{'{'}
	for name, value := range jsonFields(raw) {
		if len(masked) > 1 {
			masked = append(masked, ',')
		}
		masked = append(append(masked, name...), ':')
		masked = append(masked, m.maskField(name, value, s.Encoding != "")...)
	}
	return append(masked, '}')
}

// maskField masks the value of a field of an answer.
func (m *matcher) maskField(name string, value []byte, binary bool) []byte {
	var content []byte
	switch {
	case name == `"encoding"`:
		return value
	case name == `"body"` && binary && json.Unmarshal(value, &content) == nil && content != nil:
		return appendJSON(nil, []byte(m.mask(string(content))))
	}
	return m.maskStrings(value)
}

func (m *matcher) maskStrings(raw []byte) []byte {
	var masked []byte
	copied := 0
	for i := 0; i < len(raw); i++ {
		if raw[i] != '"' {
			continue
		}
		begin := i
		for i++; raw[i] != '"'; i++ {
			if raw[i] == '\\' {
				i++
			}
		}
		text := string(raw[begin+1 : i])
		if strings.Contains(text, `\`) && json.Unmarshal(raw[begin:i+1], &text) != nil {
			continue
		}
		if without := m.mask(text); without != text {
			masked = appendJSON(append(masked, raw[copied:begin]...), without)
			copied = i + 1
		}
	}
	if copied == 0 {
		return raw
	}
	return append(masked, raw[copied:]...)
}

// appendJSON appends a text, or bytes as base64, as JSON.stringify does.
func appendJSON(to []byte, v any) []byte {
	b := bytes.NewBuffer(to)
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v) // of a text there is always one
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
