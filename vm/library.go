package vm

import (
	"embed"
	"fmt"
	"sync"

	"github.com/dop251/goja"

	"github.com/jsruntime/jsruntime"
)

// The library is what a realm has of the web platform. It is written in JavaScript, in the files of the folder library, each
// of which is a module: the body of a function with native and shared in scope, which returns what the module exports. A
// module is compiled as a script is, checkpoints included, so it can be made to do no more than a script can. It is opened
// in a realm when a script first reads one of its globals.
//
// The script may have replaced any intrinsic by then, and may do so later. What it breaks in this way it breaks for itself
// alone: modules know no secret, and their natives take whatever a script may call them with.

//go:embed library/*.js
var libraryTexts embed.FS

// module is a part of the library.
type module struct {
	name    string
	globals []string      // those of its exports that are globals
	adds    propertyNames // the properties of intrinsics that it exports: see additions
	natives natives
	needs   string // the function that the host must have for there to be its globals; "" where they are in every realm

	compile func() *program
}

// propertyNames are names of properties by the intrinsic that has them.
type propertyNames = map[string][]string

// natives are the functions that a module calls as those of native. A script may get hold of them, so they take any arguments.
type natives = map[string]func(*realm, goja.FunctionCall) goja.Value

// library is set by init: see globals.
var library []*module

func libraryModules() []*module {
	modules := []*module{
		{name: "exception", globals: []string{"DOMException"}},
		{name: "webidl", natives: webIDLNatives},
		{name: "base64", globals: []string{"atob", "btoa"}, natives: base64Natives},
		{name: "grouping", adds: propertyNames{"Object": {"groupBy"}, "Map": {"groupBy"}}},
		{name: "resolvers", adds: propertyNames{"Promise": {"withResolvers", "try"}}},
		{name: "fromasync", adds: propertyNames{"Array": {"fromAsync"}}, natives: languageNatives},
		{name: "texts", adds: propertyNames{"String.prototype": {"isWellFormed", "toWellFormed"}, "RegExp": {"escape"}}, natives: languageNatives},
		{name: "buffers", adds: propertyNames{"ArrayBuffer.prototype": {"transfer", "transferToFixedLength", "detached"}}, natives: languageNatives},
		{name: "iteration", natives: languageNatives},
		{name: "iterator", globals: []string{"Iterator"}, natives: languageNatives, adds: propertyNames{"Iterator.prototype": {
			"constructor", "map", "filter", "take", "drop", "flatMap", "reduce", "toArray", "forEach", "some", "every", "find",
		}}},
		{name: "clone", globals: []string{"structuredClone"}, natives: cloneNatives},
		{name: "event", globals: []string{"Event", "CustomEvent"}, natives: performanceNatives},
		{name: "eventtarget", globals: []string{"EventTarget"}, natives: natives{"report": (*realm).report}},
		{name: "abort", globals: []string{"AbortController", "AbortSignal"}, natives: natives{"later": (*realm).later}},
		{name: "pairs"},
		{name: "bytes", natives: bytesNatives},
		{name: "urlsearchparams", globals: []string{"URLSearchParams"}, natives: searchParamsNatives},
		{name: "url", globals: []string{"URL"}, natives: urlNatives},
		{name: "encoding", globals: []string{"TextDecoder", "TextEncoder"}, natives: encodingNatives},
		{name: "crypto", globals: []string{"Crypto", "crypto"}, natives: cryptoNatives},
		{name: "cryptokey", globals: []string{"CryptoKey"}},
		{name: "subtle", globals: []string{"SubtleCrypto"}, natives: subtleNatives},
		{name: "jwk", natives: jwkNatives},
		{name: "performance", globals: []string{"Performance", "performance"}, natives: performanceNatives},
		{name: "settling", natives: settlingNatives},
		{name: "stream_controller"},
		{name: "stream_source"},
		{name: "stream_branches"},
		{name: "streams", globals: []string{
			"ReadableStream", "ReadableStreamDefaultReader", "ReadableStreamDefaultController",
			"CountQueuingStrategy", "ByteLengthQueuingStrategy",
		}},
		{name: "blob", globals: []string{"Blob", "File"}},
		{name: "form", natives: formNatives},
		{name: "formdata", globals: []string{"FormData"}},
		{name: "headers", globals: []string{"Headers"}, natives: headersNatives},
		{name: "body", natives: bodyNatives},
		{name: "mixin", natives: mixinNatives},
		{name: "requestinit", natives: hrefNatives},
		{name: "request", globals: []string{"Request"}},
		{name: "responseinit", natives: hrefNatives},
		{name: "response", globals: []string{"Response"}, natives: responseNatives},
		{name: "answer"},
		{name: "fetching", natives: fetchNatives},
		{name: "fetch", globals: []string{"fetch"}, needs: fetchSend, natives: fetchNatives},
		{name: "db", globals: []string{"db"}, needs: dbQuery, natives: dbNatives},
	}
	for _, m := range modules {
		m.compile = sync.OnceValue(m.compiled)
	}
	return modules
}

// The wrapper of a module has the names that a module knows in place of those that a script does.
const libraryPrefix = "(function(native,shared){return " + wrapperInner

var _ = [1]struct{}{}[len(libraryPrefix)-len(wrapperPrefix)] // positions are corrected by one length

// compiled compiles the module. The text is this package's own, so an error is a defect of it.
func (m *module) compiled() *program {
	text, err := libraryTexts.ReadFile("library/" + m.name + ".js")
	must(err)
	p, err := compileText(jsruntime.Source{Text: string(text)}, libraryPrefix, "jsruntime:"+m.name)
	if err != nil {
		panic(fmt.Errorf("vm: module %s: %w", m.name, err))
	}
	return p
}

// module returns what a module exports, and opens it where that was not done before.
func (r *realm) module(m *module) *goja.Object {
	if exports := r.modules[m.name]; exports != nil {
		return exports
	}
	p := m.compile()
	r.guard.prepareFor(&p.names)
	main, err := r.open(p, r.rt.NewDynamicObject(&nativeTable{r: r, module: m}), r.sharing())
	rethrow(err)
	exports, err := main(goja.Undefined())
	rethrow(err)
	if r.modules == nil {
		r.modules = map[string]*goja.Object{}
	}
	r.modules[m.name] = exports.(*goja.Object)
	if inspect, ok := goja.AssertFunction(r.modules[m.name].Get("inspect")); ok {
		r.inspectors = append(r.inspectors, inspect)
	}
	return r.modules[m.name]
}

// nativeTable is the object by which a module calls its natives. They are made when the module first reads them.
type nativeTable struct {
	r      *realm
	module *module
	made   map[string]goja.Value
}

// Get returns a native, or one of the symbols that modules use: the global Symbol costs as much as a module does.
func (t *nativeTable) Get(name string) goja.Value {
	switch name {
	case "iterator":
		return goja.SymIterator
	case "toStringTag":
		return goja.SymToStringTag
	}
	if v := t.made[name]; v != nil {
		return v
	}
	f := t.module.natives[name]
	if f == nil {
		return nil
	}
	if t.made == nil {
		t.made = map[string]goja.Value{}
	}
	t.made[name] = t.r.function(name, func(call goja.FunctionCall) goja.Value { return f(t.r, call) })
	return t.made[name]
}

// Set refuses: modules only read.
func (t *nativeTable) Set(string, goja.Value) bool { return false }

// Has tells the natives.
func (t *nativeTable) Has(name string) bool { return t.module.natives[name] != nil }

// Delete refuses.
func (t *nativeTable) Delete(string) bool { return false }

// Keys are none.
func (t *nativeTable) Keys() []string { return nil }

// sharing returns the function shared.
func (r *realm) sharing() goja.Value {
	if r.share == nil {
		r.share = r.function("shared", r.shared)
	}
	return r.share
}

// shared returns what the module of that name exports, to another module. Where the second argument is true, and the module was
// not opened yet, it returns undefined: then no object of it exists.
func (r *realm) shared(call goja.FunctionCall) goja.Value {
	name := r.textOf(call.Argument(0)).String()
	if call.Argument(1).ToBoolean() {
		if exports := r.modules[name]; exports != nil {
			return exports
		}
		return goja.Undefined()
	}
	for _, m := range library {
		if m.name == name {
			return r.module(m)
		}
	}
	panic(r.rt.NewTypeError("there is no module of that name"))
}

// textOf returns an argument of a native that has to be a text.
func (r *realm) textOf(v goja.Value) goja.String {
	text, ok := v.(goja.String)
	if !ok {
		panic(r.rt.NewTypeError("the argument must be a text"))
	}
	return text
}

// step is called for each unit of a text, or each property of an object, that a native goes over, so that it can be stopped on
// the way.
func (r *realm) step(i int) {
	if i&0xFFF == 0 {
		r.guard.checkpoint()
	}
}

// isClassName reports whether a global is a class, by its name.
func isClassName(name string) bool { return name[0] >= 'A' && name[0] <= 'Z' }
