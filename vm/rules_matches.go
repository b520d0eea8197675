package vm

import (
	"github.com/dop251/goja"
)

// The natives that go over all matches of a regular expression hold them all, and cannot be stopped in between. On a long
// text the loop is done here, match by match.

// standard returns a regular expression that behaves as the language's own, and whether it is one: the script changed neither it
// nor its prototype.
func (g *guard) standard(v goja.Value) (*regexpObject, bool) {
	object, ok := v.(*goja.Object)
	if !ok || kindWord(object) != regexpKind {
		return nil, false
	}
	rx := inside[regexpObject](object)
	prototype := g.prototype("RegExp")
	return rx, rx.standard && rx.prototype == prototype && dataOf(baseOf(prototype).values["exec"]) == g.exec
}

// dataOf returns the value of a property that is not made by code; nil for others.
func dataOf(v goja.Value) goja.Value {
	if v != nil && wordOf(&v).kind == propertyKind {
		return (*valueProperty)(wordOf(&v).data).value
	}
	return v
}

// loops reports whether a call goes over more matches than the native may.
func (g *guard) loops(call goja.FunctionCall, s goja.String, global bool) bool {
	rx, ok := g.standard(call.This)
	if !ok || global && !rx.pattern.global {
		return false
	}
	length := int64(s.Length())
	var v goja.Value = s
	if wordOf(&v).kind != asciiKind && length <= 1<<20 { // on each match the engine would read the whole text again
		const found = 32 // bytes for each match that there might be
		g.take(length * found)
		return false
	}
	return length > longText || product(length, int64(rx.pattern.groups())) > manyCaptures
}

// eachMatch calls f with the matches of a text, until it returns false.
func (g *guard) eachMatch(rx *goja.Object, s goja.String, unicode bool, f func(m *goja.Object, from, to int) bool) {
	exec, _ := goja.AssertFunction(g.exec)
	must(rx.Set("lastIndex", 0))
	for {
		v, err := exec(rx, s)
		rethrow(err)
		m, ok := v.(*goja.Object)
		if !ok {
			return
		}
		from := int(m.Get("index").ToInteger())
		whole, _ := m.Get("0").(goja.String)
		to := from + whole.Length()
		if !f(m, from, to) {
			return
		}
		if from == to {
			must(rx.Set("lastIndex", advance(s, to, unicode)))
		}
	}
}

// advance returns the index behind the character at i.
func advance(s goja.String, i int, unicode bool) int {
	if unicode && i+1 < s.Length() && s.CharAt(i)&0xFC00 == 0xD800 && s.CharAt(i+1)&0xFC00 == 0xDC00 {
		return i + 2
	}
	return i + 1
}

// matchAll guards RegExp.prototype[Symbol.match].
func matchAll(g *guard, next native, call goja.FunctionCall) goja.Value {
	s, ok := g.prepareMatch(&call)
	if !ok || !g.loops(call, s, true) {
		return matching(g, next, call)
	}
	object := call.This.(*goja.Object)
	var found []any
	g.eachMatch(object, s, inside[regexpObject](object).pattern.unicode, func(m *goja.Object, _, _ int) bool {
		found = append(found, m.Get("0"))
		g.hold(int64(len(found)) * 3 * elementBytes)
		return true
	})
	if found == nil {
		return goja.Null()
	}
	return g.rt.NewArray(found...)
}

// replaceMatches guards RegExp.prototype[Symbol.replace].
func replaceMatches(g *guard, next native, call goja.FunctionCall) goja.Value {
	s, ok := g.prepareMatch(&call)
	if !ok {
		if object, ok := call.This.(*goja.Object); ok {
			return g.genericReplace(object, g.mustString(argument(call, 0)), argument(call, 1))
		}
		return next(call)
	}
	if _, standard := g.standard(call.This); !standard {
		return g.genericReplace(call.This.(*goja.Object), s, argument(call, 1))
	}
	call.Arguments = g.boundReplacement(s, call.Arguments, 1)
	if !g.loops(call, s, true) {
		return matching(g, next, call)
	}
	return g.replaceEach(call.This.(*goja.Object), s, argument(call, 1))
}

// replaceEach replaces match by match.
func (g *guard) replaceEach(object *goja.Object, s goja.String, by goja.Value) goja.Value {
	replace, isFunction := goja.AssertFunction(by)
	writer := &replacement{g: g}
	if !isFunction {
		writer.text = g.mustString(by)
	}
	var out goja.StringBuilder
	end, size := 0, int64(0)
	g.eachMatch(object, s, inside[regexpObject](object).pattern.unicode, func(m *goja.Object, from, to int) bool {
		if from > end {
			out.WriteString(s.Substring(end, from))
		}
		args := replaceArguments(g, m, from, s)
		var part goja.Value
		if isFunction {
			v, err := replace(goja.Undefined(), args...)
			rethrow(err)
			part = g.mustString(v)
		} else {
			part = writer.write(goja.FunctionCall{Arguments: args})
		}
		if t, ok := part.(goja.String); ok {
			out.WriteString(t)
			size += int64(from-end) + bytesOf(t)
			g.hold(2 * size)
		}
		end = to
		return true
	})
	if end == 0 && size == 0 {
		return s
	}
	out.WriteString(s.Substring(end, s.Length()))
	return out.String()
}

// replaceArguments returns what the function of a replacement is called with.
func replaceArguments(g *guard, m *goja.Object, from int, s goja.String) []goja.Value {
	captures := inside[arrayObject](m).values
	args := make([]goja.Value, 0, len(captures)+3)
	args = append(args, captures...)
	args = append(args, g.rt.ToValue(from), s)
	if groups := m.Get("groups"); groups != nil && !goja.IsUndefined(groups) {
		args = append(args, groups)
	}
	return args
}

// splitMatches guards RegExp.prototype[Symbol.split].
func splitMatches(g *guard, next native, call goja.FunctionCall) goja.Value {
	s, ok := g.prepareMatch(&call)
	if !ok {
		if object, ok := call.This.(*goja.Object); ok {
			return g.genericSplit(object, g.mustString(argument(call, 0)), argument(call, 1))
		}
		return next(call)
	}
	if _, standard := g.standard(call.This); !standard {
		return g.genericSplit(call.This.(*goja.Object), s, argument(call, 1))
	}
	if !g.loops(call, s, false) || !goja.IsUndefined(argument(call, 1)) {
		return matching(g, next, call)
	}
	rx := inside[regexpObject](call.This.(*goja.Object))
	flags := "g"
	for _, f := range [...]struct {
		set  bool
		flag string
	}{{rx.pattern.ignoreCase, "i"}, {rx.pattern.multiline, "m"}, {rx.pattern.dotAll, "s"}, {rx.pattern.unicode, "u"}} {
		if f.set {
			flags += f.flag
		}
	}
	splitter, err := g.rt.New(g.intrinsic("RegExp"), call.This, g.rt.ToValue(flags))
	rethrow(err)
	return g.splitEach(splitter, s, rx.pattern.unicode)
}

func (g *guard) splitEach(splitter *goja.Object, s goja.String, unicode bool) goja.Value {
	var parts []any
	end, length := 0, s.Length()
	g.eachMatch(splitter, s, unicode, func(m *goja.Object, from, to int) bool {
		if from == to && (from == 0 || from == length || from == end) {
			return true
		}
		parts = append(parts, s.Substring(end, from))
		for _, capture := range inside[arrayObject](m).values[1:] {
			parts = append(parts, capture)
		}
		end = to
		g.hold(int64(len(parts))*3*elementBytes + int64(end))
		return true
	})
	parts = append(parts, s.Substring(end, length))
	return g.rt.NewArray(parts...)
}
