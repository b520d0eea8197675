package vm

import (
	"slices"
	"strings"

	"github.com/dop251/goja"
)

const (
	httpSpace   = " \t\r\n"
	maxMIMEType = 16 << 10 // bytes; servers take no longer headers
)

var escapedInQuotes = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

// mimeType is a MIME type as https://mimesniff.spec.whatwg.org has them.
type mimeType struct {
	essence    string // type and subtype, in small letters
	parameters []mimeParameter
}

type mimeParameter struct{ name, value string }

// mimeTypeOf returns the MIME type that the values of the header Content-Type say, in the form that it has as the type of a
// Blob, and "" where they say none, or are too long: https://fetch.spec.whatwg.org/#concept-header-extract-mime-type
func (r *realm) mimeTypeOf(call goja.FunctionCall) goja.Value {
	text := r.textOf(call.Argument(0))
	if text.Length() > maxMIMEType {
		return r.rt.ToValue("")
	}
	return r.rt.ToValue(extractMIMEType(text.String()).String())
}

func extractMIMEType(header string) (all mimeType) {
	charset := ""
	for _, value := range splitHeader(header) {
		one, ok := parseMIMEType(value)
		if !ok || one.essence == "*/*" {
			continue
		}
		own, has := one.parameter("charset")
		switch {
		case has, one.essence != all.essence:
			charset = own
		case charset != "":
			one.parameters = append(one.parameters, mimeParameter{"charset", charset})
		}
		all = one
	}
	return all
}

// splitHeader splits the values of a header at the commas that no quoted string has.
func splitHeader(header string) (values []string) {
	for header != "" {
		end := 0
		for end < len(header) && header[end] != ',' {
			if header[end] == '"' {
				_, rest := quotedString(header[end:])
				end = len(header) - len(rest)
			} else {
				end++
			}
		}
		values = append(values, strings.Trim(header[:end], " \t"))
		header = header[min(end+1, len(header)):]
	}
	return values
}

// parseMIMEType is https://mimesniff.spec.whatwg.org/#parse-a-mime-type.
func parseMIMEType(text string) (m mimeType, ok bool) {
	essence, rest, _ := strings.Cut(strings.Trim(text, httpSpace), ";")
	kind, subtype, _ := strings.Cut(strings.TrimRight(essence, httpSpace), "/")
	if !isToken(kind) || !isToken(subtype) {
		return m, false
	}
	m.essence = strings.ToLower(kind + "/" + subtype)
	known := map[string]bool{}
	for rest != "" {
		var p mimeParameter
		var valid bool
		p, valid, rest = nextParameter(rest)
		if valid && !known[p.name] {
			known[p.name] = true
			m.parameters = append(m.parameters, p)
		}
	}
	return m, true
}

// nextParameter reads the first parameter of a text, which follows a semicolon, and returns what is behind the next one.
func nextParameter(text string) (p mimeParameter, valid bool, rest string) {
	text = strings.TrimLeft(text, httpSpace)
	end := strings.IndexAny(text, ";=")
	if end < 0 {
		return p, false, ""
	}
	p.name, rest = strings.ToLower(text[:end]), text[end+1:]
	if text[end] == ';' {
		return p, false, rest
	}
	quoted := strings.HasPrefix(rest, `"`)
	if quoted {
		p.value, rest = quotedString(rest)
	}
	plain, rest, _ := strings.Cut(rest, ";")
	if !quoted {
		p.value = strings.TrimRight(plain, httpSpace)
	}
	return p, isToken(p.name) && (quoted || p.value != "") && !strings.ContainsFunc(p.value, outsideQuotes), rest
}

// quotedString reads the quoted string with which a text begins, which may lack its end.
func quotedString(text string) (value, rest string) {
	var b strings.Builder
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == '"':
			return b.String(), text[i+1:]
		case text[i] == '\\' && i+1 < len(text):
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String(), ""
}

func (m mimeType) parameter(name string) (string, bool) {
	i := slices.IndexFunc(m.parameters, func(p mimeParameter) bool { return p.name == name })
	if i < 0 {
		return "", false
	}
	return m.parameters[i].value, true
}

// String is https://mimesniff.spec.whatwg.org/#serialize-a-mime-type.
func (m mimeType) String() string {
	var b strings.Builder
	b.WriteString(m.essence)
	for _, p := range m.parameters {
		b.WriteString(";" + p.name + "=")
		if isToken(p.value) {
			b.WriteString(p.value)
		} else {
			b.WriteString(`"` + escapedInQuotes.Replace(p.value) + `"`)
		}
	}
	return b.String()
}

// isToken reports whether a text is a token of HTTP, which is not empty.
func isToken(text string) bool { return text != "" && !strings.ContainsFunc(text, outsideToken) }

func outsideToken(c rune) bool { return c >= 0x80 || !isTokenByte(byte(c)) }

// outsideQuotes reports whether a quoted string cannot have a character.
func outsideQuotes(c rune) bool { return c != '\t' && (c < ' ' || c == 0x7F || c > 0xFF) }
