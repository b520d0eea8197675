package vm

import (
	"math"
	"unicode/utf16"
	"unsafe"

	"github.com/dop251/goja"
)

// slowText is how many units of text a native may go through that takes long over each, such as normalisation.
const slowText = 1 << 20

var stringPrototype = objectRules{
	"concat":            {call: concatTexts},
	"endsWith":          {call: searchText},
	"includes":          {call: searchText},
	"indexOf":           {call: searchText},
	"lastIndexOf":       {call: searchText},
	"localeCompare":     {call: localeCompare},
	"match":             {call: toPattern},
	"matchAll":          {call: toPattern},
	"normalize":         {call: growingText(18, true)},
	"padEnd":            {call: pad},
	"padStart":          {call: pad},
	"repeat":            {call: repeat},
	"replace":           {call: replaceText},
	"replaceAll":        {call: replaceText},
	"search":            {call: toPattern},
	"split":             {call: splitText},
	"toLocaleLowerCase": {call: growingText(3, false)},
	"toLocaleUpperCase": {call: growingText(3, false)},
	"toLowerCase":       {call: growingText(3, false)},
	"toUpperCase":       {call: growingText(3, false)},
	"trim":              {call: growingText(1.5, false)},
	"trimEnd":           {call: growingText(1.5, false)},
	"trimStart":         {call: growingText(1.5, false)},
	"trimLeft":          {call: growingText(1.5, false)},
	"trimRight":         {call: growingText(1.5, false)},
	"@@iterator":        {call: iterating},
}

var stringStatics = objectRules{
	"raw": {call: rawText},
}

// textOf returns a text, or the text of a text object; false for everything else.
func textOf(v goja.Value) (goja.String, bool) {
	switch v := v.(type) {
	case goja.String:
		return v, true
	case *goja.Object:
		if kindWord(v) == stringKind {
			return inside[stringObject](v).value, true
		}
	}
	return nil, false
}

// asText turns a value into a text as the native would, once, so that what is checked is what is used. Undefined, null and
// what cannot be a text are left for the native.
func asText(v goja.Value) (goja.String, bool) {
	if v == nil || goja.IsUndefined(v) || goja.IsNull(v) {
		return nil, false
	}
	return stringOf(v)
}

// stringOf is the specification's ToString; false for a symbol.
func stringOf(v goja.Value) (goja.String, bool) {
	switch s := v.(type) {
	case goja.String:
		return s, true
	case *goja.Symbol:
		return nil, false
	case *goja.Object:
		return stringOf(s.ToString()) // a primitive
	case nil:
		v = goja.Undefined()
	}
	var b goja.StringBuilder
	b.WriteUTF8String(v.String())
	return b.String(), true
}

// mustString is ToString, which throws for a symbol.
func (g *guard) mustString(v goja.Value) goja.String {
	s, ok := stringOf(v)
	if !ok {
		panic(g.rt.NewTypeError("Cannot convert a Symbol value to a string"))
	}
	return s
}

// bytesOf returns what a text takes.
func bytesOf(s goja.String) int64 {
	var v goja.Value = s
	if wordOf(&v).kind == asciiKind {
		return int64(s.Length())
	}
	return 2 * int64(s.Length())
}

// wideUnit is what a unit of a text that is not ASCII takes, together with what the engine takes to read it as UTF-8.
const wideUnit = 5

// takenBy returns what a text takes and may take when the engine reads it.
func takenBy(s goja.String) int64 {
	var v goja.Value = s
	if wordOf(&v).kind == asciiKind {
		return int64(s.Length())
	}
	return wideUnit * int64(s.Length())
}

// numberArgument returns an argument as a number, converted once; NaN for none.
func numberArgument(call *goja.FunctionCall, i int) float64 {
	if i >= len(call.Arguments) {
		return math.NaN()
	}
	v := call.Arguments[i]
	if _, ok := v.(*goja.Object); ok {
		v = v.ToNumber()
		call.Arguments = withArgument(call.Arguments, i, v)
	}
	if _, ok := v.(*goja.Symbol); ok || goja.IsBigInt(v) {
		return math.NaN() // the native throws
	}
	return v.ToFloat()
}

// scaled returns a size times a factor that may be any number.
func scaled(size int64, factor float64) int64 {
	total := float64(size) * factor
	switch {
	case !(total > 0):
		return 0
	case total > 1<<62:
		return 1 << 62
	}
	return int64(total)
}

func repeat(g *guard, next native, call goja.FunctionCall) goja.Value {
	s, ok := asText(call.This)
	if !ok {
		return next(call)
	}
	call.This = s
	count := numberArgument(&call, 0)
	if !math.IsInf(count, 0) && count >= 0 {
		g.take(scaled(takenBy(s), math.Trunc(count)))
	}
	return next(call)
}

func pad(g *guard, next native, call goja.FunctionCall) goja.Value {
	s, ok := asText(call.This)
	if !ok {
		return next(call)
	}
	call.This = s
	length := numberArgument(&call, 0)
	width := int64(1)
	if filler := argument(call, 1); !goja.IsUndefined(filler) {
		if f, ok := asText(filler); ok {
			if f.Length() == 0 {
				return s
			}
			call.Arguments = withArgument(call.Arguments, 1, f)
			width = max(bytesOf(f)/int64(f.Length()), 1)
		}
	}
	if length > float64(s.Length()) {
		if width > 1 || bytesOf(s) > int64(s.Length()) {
			width = wideUnit
		}
		g.take(scaled(width, length))
	}
	return next(call)
}

// concatTexts guards concat: one call may name a text many times.
func concatTexts(g *guard, next native, call goja.FunctionCall) goja.Value {
	s, ok := asText(call.This)
	if !ok {
		return next(call)
	}
	call.This = s
	total := bytesOf(s)
	args := make([]goja.Value, len(call.Arguments))
	for i, arg := range call.Arguments {
		s := g.mustString(arg)
		args[i] = s
		total += bytesOf(s)
	}
	call.Arguments = args
	g.take(2 * total) // where one text is not ASCII, all take two bytes a unit
	return next(call)
}

// growingText guards a native whose result may be so many times as long as its this.
func growingText(times float64, slow bool) rule {
	return func(g *guard, next native, call goja.FunctionCall) goja.Value {
		s, ok := asText(call.This)
		if !ok {
			return next(call)
		}
		call.This = s
		var v goja.Value = s
		if wordOf(&v).kind != asciiKind {
			g.take(scaled(bytesOf(s), times))
			if slow {
				g.refuseLong(s)
			}
		} else {
			g.take(bytesOf(s))
		}
		return next(call)
	}
}

// refuseLong throws when a text is too long for a native that goes through it slowly.
func (g *guard) refuseLong(s goja.String) {
	if s.Length() > slowText {
		panic(g.rangeError("text is longer than %d units", slowText))
	}
}

func localeCompare(g *guard, next native, call goja.FunctionCall) goja.Value {
	s, ok := asText(call.This)
	if !ok {
		return next(call)
	}
	call.This = s
	g.refuseLong(s)
	if len(call.Arguments) > 0 {
		if t, ok := asText(call.Arguments[0]); ok {
			g.refuseLong(t)
			call.Arguments = withArgument(call.Arguments, 0, t)
		}
	}
	return next(call)
}

// longSearch is the work, as the product of the lengths of a text and of what is looked for in it, above which a search is
// done here: the engine's takes that long where the text is not ASCII.
const longSearch = 1 << 24

// searchText guards includes, indexOf and the like.
func searchText(g *guard, next native, call goja.FunctionCall) goja.Value {
	s, ok := asText(call.This)
	if !ok {
		return next(call)
	}
	call.This = s
	what, ok := textOf(argument(call, 0))
	if !ok {
		return next(call)
	}
	g.boundSearch(s, what)
	return next(call)
}

// boundSearch throws when a search takes too long. The engine looks for texts that are not ASCII as bytes, and begins anew
// behind each match that starts in the middle of a unit.
func (g *guard) boundSearch(s, what goja.String) {
	if s.Length() < 1<<12 || product(int64(s.Length()), int64(what.Length())) <= longSearch {
		return
	}
	var v goja.Value = s
	if wordOf(&v).kind == asciiKind {
		return
	}
	between := g.matchesBetweenUnits(unitBytes(s), unitBytes(what))
	if product(between, int64(what.Length())) > longSearch {
		panic(g.rangeError("search of a text of %d units for one of %d takes too long", s.Length(), what.Length()))
	}
}

// unitBytes returns the units of a text as bytes.
func unitBytes(s goja.String) []byte {
	var v goja.Value = s
	units := []uint16(nil)
	if w := wordOf(&v); w.kind == unicodeKind {
		units = (*(*[]uint16)(w.data))[1:]
	} else {
		units = utf16.Encode([]rune(s.String()))
	}
	if len(units) == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&units[0])), 2*len(units))
}

// matchesBetweenUnits counts the matches at odd offsets, by the algorithm of Knuth, Morris and Pratt.
func (g *guard) matchesBetweenUnits(text, what []byte) (count int64) {
	g.take(4 * int64(len(what)))
	back := make([]int32, len(what))
	for i, k := 1, int32(0); i < len(what); i++ {
		for k > 0 && what[i] != what[k] {
			k = back[k-1]
		}
		if what[i] == what[k] {
			k++
		}
		back[i] = k
	}
	for i, k := 0, int32(0); i < len(text); i++ {
		if i&0xFFFF == 0 {
			g.checkpoint()
		}
		for k > 0 && text[i] != what[k] {
			k = back[k-1]
		}
		if text[i] == what[k] {
			k++
		}
		if int(k) == len(what) {
			if (i+1-len(what))&1 == 1 {
				count++
			}
			k = back[k-1]
		}
	}
	return count
}

// splitText guards split: each part takes a value and a text of its own.
func splitText(g *guard, next native, call goja.FunctionCall) goja.Value {
	if _, ok := argument(call, 0).(*goja.Object); ok {
		return toPattern(g, next, call)
	}
	s, ok := asText(call.This)
	if !ok {
		return next(call)
	}
	call.This = s
	separator := argument(call, 0)
	if goja.IsUndefined(separator) {
		return next(call)
	}
	parts := float64(s.Length())
	if t, ok := asText(separator); ok {
		g.boundSearch(s, t)
		if t.Length() > 0 {
			parts = float64(g.occurrences(s, t)) + 1
		}
	}
	if limit := numberArgument(&call, 1); limit >= 0 && limit < parts {
		parts = limit
	}
	const part = 2 * elementBytes // the element, and the header of its text
	g.take(scaled(part, parts) + bytesOf(s))
	return next(call)
}

// occurrences counts how often a text comes in another, at least as often as the engine finds it.
func (g *guard) occurrences(s, what goja.String) int {
	if s.Length() < 1<<12 {
		return s.Length() / what.Length()
	}
	count, first, length := 0, what.CharAt(0), s.Length()
	for i := 0; i < length; i++ {
		if s.CharAt(i) == first {
			count++
		}
		if i&0xFFFF == 0 {
			g.checkpoint()
		}
	}
	return min(count, length/what.Length())
}
