package vm

import (
	"strings"

	"github.com/dop251/goja"
)

// A regular expression whose exec the script has changed says itself how many captures a match has, and the engine's natives
// go over as many as it says. For such ones the steps of the specification are taken here.

// maxCaptures is how many captures a match may claim to have.
const maxCaptures = 1 << 16

// execute calls the exec of a regular expression, see https://tc39.es/ecma262/#sec-regexpexec. It returns nil for no match.
func (g *guard) execute(rx *goja.Object, s goja.String) *goja.Object {
	g.checkpoint()
	exec, ok := goja.AssertFunction(rx.Get("exec"))
	if !ok {
		exec, _ = goja.AssertFunction(g.exec)
	}
	v, err := exec(rx, s)
	rethrow(err)
	m, ok := v.(*goja.Object)
	if !ok && !goja.IsNull(orUndefined(v)) {
		panic(g.rt.NewTypeError("the result of exec is neither an object nor null"))
	}
	return m
}

// captures returns the captures of a match, the match itself first, as texts or undefined.
func (g *guard) captures(m *goja.Object) []goja.Value {
	count := min(max(snapshot(m), 1), maxCaptures+1)
	if count > maxCaptures {
		panic(g.rangeError("a match has more than %d captures", maxCaptures))
	}
	list := make([]goja.Value, count)
	for i := range list {
		list[i] = orUndefined(m.Get(decimal(int64(i))))
		if i == 0 || !goja.IsUndefined(list[i]) {
			list[i] = g.mustString(list[i])
		}
	}
	return list
}

// textProperty returns a property as a text.
func (g *guard) textProperty(object *goja.Object, name string) goja.String {
	return g.mustString(orUndefined(object.Get(name)))
}

// genericReplace is RegExp.prototype[Symbol.replace] for one that is not standard, see
// https://tc39.es/ecma262/#sec-regexp.prototype-@@replace.
func (g *guard) genericReplace(rx *goja.Object, s goja.String, by goja.Value) goja.Value {
	replace, isFunction := goja.AssertFunction(by)
	writer := &replacement{g: g}
	if !isFunction {
		writer.text = g.mustString(by)
	}
	flags := g.textProperty(rx, "flags").String()
	global := strings.Contains(flags, "g")
	if global {
		rethrow(rx.Set("lastIndex", 0))
	}
	var matches []*goja.Object
	for m := g.execute(rx, s); m != nil; m = g.execute(rx, s) {
		matches = append(matches, m)
		if !global {
			break
		}
		if g.textProperty(m, "0").Length() == 0 {
			rethrow(rx.Set("lastIndex", advance(s, int(toLength(rx.Get("lastIndex"))), strings.Contains(flags, "u"))))
		}
	}
	var out goja.StringBuilder
	end, size := 0, int64(0)
	for _, m := range matches {
		args, from := g.replacerArguments(m, s, isFunction)
		length := args[0].(goja.String).Length()
		var part goja.String
		if isFunction {
			v, err := replace(goja.Undefined(), args...)
			rethrow(err)
			part = g.mustString(v)
		} else {
			part = writer.write(goja.FunctionCall{Arguments: args}).(goja.String)
		}
		if from >= end {
			out.WriteString(s.Substring(end, from))
			out.WriteString(part)
			size += int64(from-end) + bytesOf(part)
			g.hold(2 * size)
			end = from + length
		}
	}
	if end >= s.Length() {
		return out.String()
	}
	out.WriteString(s.Substring(end, s.Length()))
	return out.String()
}

// replacerArguments returns what a replacer is told of a match, and where the match is.
func (g *guard) replacerArguments(m *goja.Object, s goja.String, isFunction bool) (args []goja.Value, from int) {
	args = g.captures(m)
	from = int(min(max(orUndefined(m.Get("index")).ToInteger(), 0), int64(s.Length())))
	args = append(args, g.rt.ToValue(from), s)
	if groups := m.Get("groups"); groups != nil && !goja.IsUndefined(groups) {
		if !isFunction {
			groups = groups.ToObject(g.rt)
		}
		args = append(args, groups)
	}
	return args, from
}

// genericSplit is RegExp.prototype[Symbol.split] for one that is not standard, see
// https://tc39.es/ecma262/#sec-regexp.prototype-@@split.
func (g *guard) genericSplit(rx *goja.Object, s goja.String, limit goja.Value) goja.Value {
	flags := g.textProperty(rx, "flags").String()
	unicode := strings.Contains(flags, "u")
	if !strings.Contains(flags, "y") {
		flags += "y"
	}
	splitter := g.speciesOf(rx, flags)
	most := int64(1<<32 - 1)
	if !goja.IsUndefined(limit) {
		most = int64(uint32(limit.ToInteger()))
	}
	var parts []any
	if most == 0 {
		return g.rt.NewArray()
	}
	if s.Length() == 0 {
		if g.execute(splitter, s) != nil {
			return g.rt.NewArray()
		}
		return g.rt.NewArray(s)
	}
	p := 0
	for q := 0; q < s.Length(); {
		rethrow(splitter.Set("lastIndex", q))
		m := g.execute(splitter, s)
		e := 0
		if m != nil {
			e = int(min(toLength(splitter.Get("lastIndex")), int64(s.Length())))
		}
		if m == nil || e == p {
			q = advance(s, q, unicode)
			continue
		}
		parts = append(parts, s.Substring(p, q))
		p = e
		for _, capture := range g.captures(m)[1:] {
			parts = append(parts, capture)
		}
		if int64(len(parts)) >= most {
			return g.rt.NewArray(parts[:most]...)
		}
		g.hold(int64(len(parts)) * 3 * elementBytes)
		q = p
	}
	return g.rt.NewArray(append(parts, s.Substring(p, s.Length()))...)
}

// speciesOf makes another regular expression by the class that the first one names.
func (g *guard) speciesOf(rx *goja.Object, flags string) *goja.Object {
	class := g.intrinsic("RegExp")
	switch c := orUndefined(rx.Get("constructor")).(type) {
	case *goja.Object:
		species := orUndefined(c.GetSymbol(goja.SymSpecies))
		if goja.IsUndefined(species) || goja.IsNull(species) {
			break
		}
		if _, ok := goja.AssertConstructor(species); !ok {
			panic(g.rt.NewTypeError("species is not a constructor"))
		}
		class, _ = species.(*goja.Object)
	default:
		if !goja.IsUndefined(c) {
			panic(g.rt.NewTypeError("constructor is not an object"))
		}
	}
	made, err := g.rt.New(class, rx, g.rt.ToValue(flags))
	rethrow(err)
	return made
}
