package vm

import (
	"regexp"
	re2syntax "regexp/syntax"
	"time"
	"unsafe"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"
)

// goja matches with Go's regexp where it can, in time linear in the text but without a way to stop it, and otherwise with
// regexp2, which backtracks without a bound but has a timeout. A match that runs into the timeout counts as none, so
// the timeout is set to the end of the run: then nobody sees the wrong answer.

var regExpStatics = objectRules{"": {call: callPattern, make: makePattern}}

var regExpPrototype = objectRules{
	"compile":    {call: callPattern},
	"exec":       {call: matching},
	"test":       {call: matching},
	"@@match":    {call: matchAll},
	"@@matchAll": {call: iterating},
	"@@replace":  {call: replaceMatches},
	"@@search":   {call: matching},
	"@@split":    {call: splitMatches},
}

// backtracking mirrors goja's wrapper of a regexp2.Regexp.
type backtracking struct {
	rx *regexp2.Regexp
	_  unsafe.Pointer // its cache
}

// patterns are how many instructions the regular expressions have that met long texts.
type patterns map[unsafe.Pointer]int

const (
	longText     = 1 << 18 // units of text above which a native that goes over all matches is replaced
	maxMatching  = 1 << 26 // instructions times units of text that Go's regexp may need
	worthWhile   = 1 << 13 // units of text below which nothing is counted
	manyCaptures = 1 << 20 // captures of all matches together that a native may hold at once
)

// callPattern guards RegExp as a function, and compile.
func callPattern(g *guard, next native, call goja.FunctionCall) goja.Value {
	if object, ok := argument(call, 0).(*goja.Object); ok && goja.IsUndefined(argument(call, 1)) && object.Get("constructor") == g.intrinsic("RegExp") {
		return next(call) // it is a regular expression, and the result
	}
	call.Arguments = makePattern(g, call.Arguments)
	return next(call)
}

// makePattern guards the constructor of regular expressions: the text is compiled.
func makePattern(g *guard, args []goja.Value) []goja.Value {
	if len(args) == 0 {
		return args
	}
	if object, ok := args[0].(*goja.Object); ok {
		if kindWord(object) == regexpKind {
			return g.otherFlags(object, args)
		}
		if v := object.GetSymbol(goja.SymMatch); v != nil && v.ToBoolean() {
			return g.patternOf(object, args)
		}
	}
	if s, ok := asText(args[0]); ok {
		args = withArgument(args, 0, s)
		flags := goja.Undefined()
		if len(args) > 1 && !goja.IsUndefined(args[1]) {
			flags = g.mustString(args[1])
			args[1] = flags
		}
		g.checkPatternText(s, flags)
	}
	return args
}

// otherFlags checks a regular expression that is made of another one with flags of its own.
func (g *guard) otherFlags(object *goja.Object, args []goja.Value) []goja.Value {
	if len(args) < 2 || goja.IsUndefined(args[1]) {
		return args
	}
	flags := g.mustString(args[1])
	g.checkPatternText(inside[regexpObject](object).source, flags)
	return withArgument(args, 1, flags)
}

// patternOf returns the arguments for an object that passes for a regular expression.
func (g *guard) patternOf(object *goja.Object, args []goja.Value) []goja.Value {
	source := g.mustString(orUndefined(object.Get("source")))
	var flags goja.Value
	if len(args) > 1 && !goja.IsUndefined(args[1]) {
		flags = args[1]
	} else {
		flags = orUndefined(object.Get("flags"))
	}
	if !goja.IsUndefined(flags) {
		flags = g.mustString(flags)
	}
	g.checkPatternText(source, flags)
	return []goja.Value{source, flags}
}

// checkPatternText throws for a text that takes too long to compile.
func (g *guard) checkPatternText(s goja.String, flags goja.Value) {
	letters := ""
	if f, ok := flags.(goja.String); ok {
		letters = clip(f, 64)
	}
	message := checkPattern(s.Substring(0, min(s.Length(), maxPatternBytes+1)).String(), letters)
	if message != "" {
		object, err := g.rt.New(g.intrinsic("SyntaxError"), g.rt.ToValue("Invalid regular expression: "+message))
		rethrow(err)
		panic(object)
	}
}

// toPattern guards the methods of texts that make a regular expression of a text, or are handed one.
func toPattern(g *guard, next native, call goja.FunctionCall) goja.Value {
	g.ensure("RegExp")
	if _, ok := argument(call, 0).(*goja.Object); !ok && len(call.Arguments) > 0 {
		call.Arguments = makePattern(g, call.Arguments)
	}
	v := next(call)
	g.sweep()
	return v
}

// matching guards one match.
func matching(g *guard, next native, call goja.FunctionCall) goja.Value {
	if s, ok := g.prepareMatch(&call); ok {
		g.boundMatching(call.This.(*goja.Object), s)
	}
	v := next(call)
	g.afterMatch()
	return v
}

// prepareMatch converts the text of a match, once.
func (g *guard) prepareMatch(call *goja.FunctionCall) (goja.String, bool) {
	object, ok := call.This.(*goja.Object)
	if !ok || kindWord(object) != regexpKind {
		return nil, false
	}
	s, ok := argument(*call, 0).(goja.String)
	if !ok {
		text := g.mustString(argument(*call, 0))
		if len(call.Arguments) == 0 {
			call.Arguments = []goja.Value{text}
		} else {
			call.Arguments = withArgument(call.Arguments, 0, text)
		}
		s = text
	}
	return s, true
}

// boundMatching sees to it that a match can be stopped.
func (g *guard) boundMatching(object *goja.Object, s goja.String) {
	p := inside[regexpObject](object).pattern
	length := int64(s.Length())
	costly := p.re2 != nil && length > worthWhile && product(int64(g.instructions(p)), length) > maxMatching
	if p.re2 == nil || costly || g.leavesRE2(p, s, object) {
		const rune32 = 4 // regexp2 matches on a copy of the text
		g.take(length * rune32)
		g.backtrack(p)
	}
	if costly && p.backtracking != nil {
		p.re2 = nil
	}
}

// leavesRE2 reports whether the engine may match with regexp2 although Go's regexp could.
func (g *guard) leavesRE2(p *regexpPattern, s goja.String, object *goja.Object) bool {
	var v goja.Value = s
	if p.sticky || wordOf(&v).kind != asciiKind {
		return true
	}
	last := dataOf(baseOf(object).values["lastIndex"])
	return last == nil || !goja.IsNumber(last) || last.ToFloat() != 0
}

// backtrack makes sure that a pattern is compiled for regexp2, and that its matches end with the run.
func (g *guard) backtrack(p *regexpPattern) {
	left := max(g.realm.timeLeft(), time.Millisecond)
	if p.backtracking == nil {
		options := regexp2.ECMAScript
		for _, o := range [...]struct {
			set    bool
			option regexp2.RegexOptions
		}{
			{p.multiline, regexp2.Multiline},
			{p.dotAll, regexp2.Singleline},
			{p.ignoreCase, regexp2.IgnoreCase},
			{p.unicode, regexp2.Unicode},
		} {
			if o.set {
				options |= o.option
			}
		}
		rx, err := regexp2.Compile(p.src, options)
		if err != nil {
			return // the engine will say so
		}
		rx.MatchTimeout = left
		p.backtracking = &backtracking{rx: rx}
		return
	}
	if p.backtracking.rx.MatchTimeout == regexp2.DefaultMatchTimeout { // the program's own, which runs share
		own := *p.backtracking.rx
		p.backtracking = &backtracking{rx: &own}
	}
	p.backtracking.rx.MatchTimeout = left
}

// afterMatch ends a run whose time is up: the match may have ended for that reason.
func (g *guard) afterMatch() {
	g.checkpoint()
	if g.realm.timeLeft() <= 0 {
		reason := timedOut()
		if time.Now().Before(g.realm.deadline) {
			reason = realmTimeOver()
		}
		g.realm.stop(reason)
		g.halt()
	}
}

// instructions returns the length of a pattern's program.
func (g *guard) instructions(p *regexpPattern) int {
	if n, ok := g.patterns[p.re2]; ok {
		return n
	}
	n := 1
	if tree, err := re2syntax.Parse((*regexp.Regexp)(p.re2).String(), re2syntax.Perl); err == nil {
		if program, err := re2syntax.Compile(tree.Simplify()); err == nil {
			n = len(program.Inst)
		}
	}
	if g.patterns == nil {
		g.patterns = patterns{}
	}
	g.patterns[p.re2] = n
	return n
}

// groups returns how many captures a match has at most.
func (p *regexpPattern) groups() int {
	count := 1
	for i := range len(p.src) {
		if p.src[i] == '(' {
			count++
		}
	}
	return count
}
