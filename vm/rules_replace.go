package vm

import (
	"github.com/dop251/goja"
)

// A replacement is written once for each match, and may name the whole text before or behind the match each time: the
// result can be as long as the square of the text. Where that could matter, the native is handed a function that
// writes the replacement and counts.

// replaceText guards replace and replaceAll of texts.
func replaceText(g *guard, next native, call goja.FunctionCall) goja.Value {
	if object, ok := argument(call, 0).(*goja.Object); ok {
		if kindWord(object) == regexpKind {
			return toPattern(g, next, call)
		}
		return next(call)
	}
	s, ok := asText(call.This)
	if !ok {
		return next(call)
	}
	call.This = s
	if what, ok := textOf(argument(call, 0)); ok {
		g.boundSearch(s, what)
		if s.Length() > quickElements && what.Length() > 0 {
			const found = 112 // bytes that the native takes for each place
			g.take(product(int64(g.occurrences(s, what)), found))
		}
	}
	call.Arguments = g.boundReplacement(s, call.Arguments, 1)
	return next(call)
}

// boundReplacement returns arguments in which the replacement, at i, is a function that counts; or as they are, when the result
// is small whatever happens.
func (g *guard) boundReplacement(s goja.String, args []goja.Value, i int) []goja.Value {
	if i >= len(args) {
		return args
	}
	if function, ok := args[i].(*goja.Object); ok {
		if f, ok := callable(function); ok {
			return withArgument(args, i, g.function(g.counted(f)))
		}
	}
	text, ok := asText(args[i])
	if !ok {
		return args
	}
	const small = 1 << 20
	each := int64(text.Length())
	if hasReference(text) {
		each += product(int64(text.Length()/2), int64(s.Length()))
	}
	if product(each, int64(s.Length())+1) <= small {
		return withArgument(args, i, text)
	}
	r := &replacement{g: g, text: text}
	return withArgument(args, i, g.function(r.write))
}

// callable returns the Go function of a function, which throws by a panic, as natives do.
func callable(object *goja.Object) (native, bool) {
	if _, ok := goja.AssertFunction(object); !ok {
		return nil, false
	}
	if f, ok := object.Export().(native); ok {
		return f, true
	}
	f, ok := goja.AssertFunction(object)
	return func(call goja.FunctionCall) goja.Value {
		v, err := f(call.This, call.Arguments...)
		rethrow(err)
		return v
	}, ok
}

// counted returns a function that makes replacements, and counts them.
func (g *guard) counted(f native) native {
	total := int64(0)
	return func(call goja.FunctionCall) goja.Value {
		s := g.mustString(f(call))
		if total += bytesOf(s); s.Length() > 0 {
			g.hold(2 * total)
		}
		return s
	}
}

func hasReference(text goja.String) bool {
	for i := range text.Length() - 1 {
		if text.CharAt(i) == '$' {
			return true
		}
	}
	return false
}

// replacement writes the replacement of a match as the specification's GetSubstitution does, see
// https://tc39.es/ecma262/#sec-getsubstitution, and counts what it wrote.
type replacement struct {
	g     *guard
	text  goja.String
	total int64
}

// write is called with the match, the captures, the position, the text and the named groups, if there are any.
func (r *replacement) write(call goja.FunctionCall) goja.Value {
	r.g.checkpoint()
	args := call.Arguments
	var groups *goja.Object
	if last, ok := args[len(args)-1].(*goja.Object); ok {
		groups, args = last, args[:len(args)-1]
	}
	m := match{captures: args[:len(args)-2], groups: groups}
	m.at = int(args[len(args)-2].ToInteger())
	m.in, _ = args[len(args)-1].(goja.String)
	out := r.g.rt.ToValue("").(goja.String)
	start := 0
	length := r.text.Length()
	for i := 0; i < length; i++ {
		if r.text.CharAt(i) != '$' || i == length-1 {
			continue
		}
		part, used, ok := m.reference(r.text, i)
		if !ok {
			continue
		}
		out = r.append(r.append(out, r.text.Substring(start, i)), part)
		i += used - 1
		start = i + 1
	}
	return r.append(out, r.text.Substring(start, length))
}

// append adds to the replacement and to the total.
func (r *replacement) append(out, part goja.String) goja.String {
	if part.Length() == 0 {
		return out
	}
	r.total += bytesOf(part)
	r.g.hold(2 * r.total) // what the native collects, and what it collected before it grew
	return out.Concat(part)
}

// match is one match of a search.
type match struct {
	captures []goja.Value // the match itself first; undefined for a group that took no part
	at       int
	in       goja.String
	groups   *goja.Object
}

func (m *match) capture(i int) goja.String {
	s, ok := m.captures[i].(goja.String)
	if !ok {
		return goja.StringFromUTF16(nil)
	}
	return s
}

// reference returns what the reference at i stands for and its length; false when it is no reference.
func (m *match) reference(text goja.String, i int) (part goja.String, used int, ok bool) {
	whole := m.capture(0)
	switch c := text.CharAt(i + 1); {
	case c == '$':
		return text.Substring(i, i+1), 2, true
	case c == '&':
		return whole, 2, true
	case c == '`':
		return m.in.Substring(0, min(m.at, m.in.Length())), 2, true
	case c == '\'':
		return m.in.Substring(min(m.at+whole.Length(), m.in.Length()), m.in.Length()), 2, true
	case c >= '0' && c <= '9':
		return m.numbered(text, i)
	case c == '<' && m.groups != nil:
		return m.named(text, i)
	}
	return nil, 0, false
}

func (m *match) numbered(text goja.String, i int) (goja.String, int, bool) {
	index, used := 0, 0
	for j := i + 1; j < min(i+3, text.Length()); j++ {
		c := text.CharAt(j)
		if c < '0' || c > '9' || index*10+int(c-'0') >= len(m.captures) {
			break
		}
		index = index*10 + int(c-'0')
		used = j - i + 1
	}
	if index == 0 {
		return nil, 0, false
	}
	return m.capture(index), used, true
}

func (m *match) named(text goja.String, i int) (goja.String, int, bool) {
	for j := i + 2; j < text.Length(); j++ {
		if text.CharAt(j) != '>' {
			continue
		}
		v := m.groups.Get(text.Substring(i+2, j).String())
		if v == nil || goja.IsUndefined(v) {
			return goja.StringFromUTF16(nil), j - i + 1, true
		}
		s, ok := stringOf(v)
		return s, j - i + 1, ok
	}
	return nil, 0, false
}
