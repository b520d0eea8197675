package jsruntime

import "strings"

// isSignature reports whether a text can be a signature: parameters in parentheses, a colon and a type. It leaves the type to
// TypeScript, but for what would end it before its end.
func isSignature(text string) bool {
	if !strings.HasPrefix(text, "(") || strings.ContainsAny(text, "\n\r") || strings.Contains(text, "//") || strings.Contains(text, "/*") {
		return false
	}
	var open []byte
	quoted, typeAt := byte(0), 0
	for i := 0; i < len(text); i++ {
		switch b := text[i]; {
		case quoted != 0 && b == '\\':
			i++
		case quoted != 0:
			if b == quoted {
				quoted = 0
			}
		case b == '\'' || b == '"' || b == '`':
			quoted = b
		case strings.IndexByte("([{", b) >= 0:
			open = append(open, b)
		case strings.IndexByte(")]}", b) >= 0:
			if len(open) == 0 || open[len(open)-1] != opening[b] {
				return false
			}
			if open = open[:len(open)-1]; len(open) == 0 && typeAt == 0 {
				typeAt = i + 1
			}
		case b == ';' && len(open) == 0:
			return false
		}
	}
	if quoted != 0 || len(open) > 0 || typeAt == 0 {
		return false
	}
	result, ok := strings.CutPrefix(strings.TrimSpace(text[typeAt:]), ":")
	return ok && strings.TrimSpace(result) != ""
}

var opening = map[byte]byte{')': '(', ']': '[', '}': '{'}
