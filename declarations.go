package jsruntime

import (
	_ "embed" // world.d.ts
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// world declares what every script has beside the globals of the web platform.
//
//go:embed world.d.ts
var world string

// Declarations returns what scripts have in TypeScript, as the text of a .d.ts file for the editor in which they are written:
// input, context, events and RateLimitError, and what is granted. A function that was made with [Func] has the types of its
// Go function, and one with [Declared] the signature that this says; any other takes anything and resolves to anything. Types
// are in a namespace jsruntime. Functions whose names have a colon are left out: a [Capability] declares what the executor's
// library makes of them. The same grants give the same text.
//
// The web platform is TypeScript's own library. With the text as jsruntime.d.ts beside the scripts, and this as jsconfig.json,
// TypeScript takes each script for a module, so that it may await at its top level and has names of its own:
//
//	{"compilerOptions": {"checkJs": true, "module": "esnext", "moduleDetection": "force", "target": "esnext",
//		"lib": ["esnext", "webworker"]}}
//
// One diagnostic is left that is wrong for a script, 1108, about return at the top level. An editor that cannot be told of
// modules, or a script by itself, brings 1375 and 1378 about await as well. An editor such as Monaco ignores them by
// diagnosticCodesToIgnore; elsewhere a line // @ts-ignore before the return does.
func (rt *Runtime) Declarations() string {
	d := declarations{types: newTypeNames()}
	d.out.WriteString(world)
	for _, global := range sortedKeys(rt.capabilities) {
		if text := rt.capabilities[global]; text != "" {
			d.line(0, "%s", text)
		}
	}
	var names [][]string
	for _, name := range sortedKeys(rt.functions) {
		if !strings.Contains(name, ":") {
			names = append(names, strings.Split(name, "."))
		}
	}
	d.members(rt.functions, names, 0)
	d.interfaces()
	return d.out.String()
}

type declarations struct {
	out   strings.Builder
	types typeNames
}

func (d *declarations) line(depth int, format string, args ...any) {
	d.out.WriteString(strings.Repeat("  ", depth))
	fmt.Fprintf(&d.out, format, args...)
	d.out.WriteByte('\n')
}

// members declares functions whose names are the same up to a part, and sorted.
func (d *declarations) members(functions map[string]grant, names [][]string, depth int) {
	for len(names) > 0 {
		first := names[0]
		n := slices.IndexFunc(names, func(name []string) bool { return name[depth] != first[depth] })
		if n < 0 {
			n = len(names)
		}
		if len(first) == depth+1 {
			d.function(functions[strings.Join(first, ".")], first[depth], depth)
		} else {
			opening, closing := propertyName(first[depth])+": {", "};"
			if depth == 0 {
				opening = "declare const " + opening
			}
			d.line(depth, "%s", opening)
			d.members(functions, names[:n], depth+1)
			d.line(depth, "%s", closing)
		}
		names = names[n:]
	}
}

func (d *declarations) function(g grant, name string, depth int) {
	d.comment(depth, g.doc)
	signature := g.signature
	switch {
	case signature != "":
	case g.typed != nil:
		signature = d.signature(g.typed)
	default:
		signature = "(...args: any[]): Promise<any>"
	}
	if depth == 0 {
		d.line(depth, "declare function %s%s;", name, signature)
		return
	}
	d.line(depth, "%s%s;", propertyName(name), signature)
}

func (d *declarations) signature(t *typedFunction) string {
	parameter, result := "", "void"
	if p := t.parameter; p != nil {
		parameter = "input: " + d.types.of(p)
		if p.takesNothing() {
			parameter = "input?: " + d.types.of(p)
		}
	}
	if r := t.result; r != nil {
		if result = d.types.of(r); r.kind == bytesShape {
			result = "Uint8Array" // which it is where it is all of the result
		}
	}
	return "(" + parameter + "): Promise<" + result + ">"
}

// takesNothing reports whether an argument may be left out.
func (s *shape) takesNothing() bool {
	required := func(f shapeField) bool { return !f.optional }
	return s.kind == anyShape || s.kind == pointerShape || s.kind == structShape && !slices.ContainsFunc(s.fields, required)
}

// comment writes a doc comment, out of which the text cannot break.
func (d *declarations) comment(depth int, text string) {
	text = strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	lines := strings.Split(strings.TrimSpace(strings.ReplaceAll(text, "*/", "* /")), "\n")
	switch {
	case lines[0] == "":
		return
	case len(lines) == 1:
		d.line(depth, "/** %s */", lines[0])
		return
	}
	d.line(depth, "/**")
	for _, line := range lines {
		d.line(depth, " * %s", strings.TrimSpace(line))
	}
	d.line(depth, " */")
}

// interfaces declares the structs with names that the functions have, and those that these have.
func (d *declarations) interfaces() {
	if len(d.types.named) == 0 {
		return
	}
	d.line(0, "declare namespace jsruntime {")
	for i := 0; i < len(d.types.named); i++ { // it grows
		s := d.types.named[i]
		d.line(1, "interface %s {", d.types.name(s))
		for _, field := range s.fields {
			d.comment(2, field.doc)
			d.line(2, "%s;", d.types.field(field))
		}
		d.line(1, "}")
	}
	d.line(0, "}")
}
