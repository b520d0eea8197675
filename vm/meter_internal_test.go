package vm

import (
	"math"
	"os"
	"reflect"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
	"unsafe"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
	"github.com/stretchr/testify/require"
)

const review = "review meter_plan.go, meter_closures.go and meter_maps.go against the new source"

func TestMeterIsReviewedForThisGoja(t *testing.T) {
	text, err := os.ReadFile("../go.mod")
	require.NoError(t, err)
	found := regexp.MustCompile(`github\.com/dop251/goja (\S+)`).FindSubmatch(text)
	require.NotNil(t, found)
	require.Equal(t, meteredGoja, string(found[1]), "goja changed: "+review)
}

func TestMeterKnowsThisVersionOfGo(t *testing.T) {
	require.True(t, runtimeIsKnown, "a new Go: "+review+", then raise the version in meter_heap_runtime.go")
	require.True(t, theHeap().exact, "the runtime keeps the size of allocations elsewhere: review meter_heap.go")
	require.True(t, mapsAreKnown(), "maps look different in memory: review meter_maps.go")
}

func TestMeterFollowsEveryClosureThatItKnows(t *testing.T) {
	c := calibrated()
	require.Empty(t, c.moved, "closures of goja whose captured variables moved: review meter_closures.go")
	for key := range captured {
		require.NotZero(t, c.found[key], "no closure %q was met: goja or the compiler changed, review meter_closures.go", key)
	}
}

// The closures that hold nothing but the realm's own built-in objects.
var builtIn = regexp.MustCompile(`getFunctionPrototype|getObject\b|getSymbol|createSymbol\b|[aA]rrayPropIter|newNativeConstructOnly|constructToCall|` +
	`wrapNativeConstruct|createSymbolProto|iterateSymbols|emptyIter|typedArrayCreator|newTypedArray`)

func TestMeterMeetsNoClosureThatItShouldFollowAndCannot(t *testing.T) {
	for _, text := range append([]string{calibrationObjects, `class A {} ; class B extends A {} ; keep = [new B, B.bind(1)]`},
		textsOf()...) {
		rt := goja.New()
		require.NoError(t, rt.Set("keep", rt.NewArray()))
		m := newMeter()
		m.sample = func(_ unsafe.Pointer, code uintptr) {
			name := nameOf(code)
			if strings.HasPrefix(name, gojaPath) && m.closure(code) == nil && !builtIn.MatchString(name) {
				t.Errorf("%s may hold values, and the meter does not follow it: review meter_closures.go", name)
			}
		}
		require.NoError(t, rt.Set("sample", func(goja.FunctionCall) goja.Value {
			_, complete := m.measure(rt, math.MaxInt64, nil)
			require.True(t, complete)
			return nil
		}))
		_, err := rt.RunString("var n = 3\n" + text + "\nsample()")
		require.NoError(t, err)
	}
}

func textsOf() []string {
	var texts []string
	for _, h := range hoards {
		texts = append(texts, h.text)
	}
	return texts
}

// The types by whose names the meter leaves things out or finds them.
func TestMeterFindsTheTypesThatItNames(t *testing.T) {
	calibrated()
	rt := goja.New()
	_, err := rt.RunString(`var weak = new WeakMap()`)
	require.NoError(t, err)
	newMeter().measure(rt, math.MaxInt64, nil) // which comes across the types that are looked up by name below
	for _, wanted := range captured {
		for _, w := range wanted {
			if w.pointer != "" {
				require.NotNil(t, gojaType(w.pointer), "goja has no type %s any more: "+review, w.pointer)
			}
		}
	}
	field := func(owner, name string) reflect.Type {
		f, ok := gojaType(owner).FieldByName(name)
		require.True(t, ok, "goja.%s has no field %s any more: "+review, owner, name)
		return f.Type
	}
	require.True(t, foreign(field("vm", "prg").Elem()), "compiled code is walked: "+review)
	require.True(t, foreign(field("vm", "profTracker").Elem()), "the profiler is walked: "+review)
	require.True(t, foreign(field("templatedObject", "tmpl").Elem()), "templates are walked: "+review)
	require.True(t, foreign(field("Runtime", "_collator").Elem()), "collation tables are walked: "+review)
	require.Equal(t, "weak", field("weakMap", "m").Key().PkgPath(), "weak keys changed: review weakEntry in meter_maps.go")
}

func TestMeterOfAFreshRealmIsSmall(t *testing.T) {
	bytes, complete := newMeter().measure(goja.New(), math.MaxInt64, nil)
	require.True(t, complete)
	require.Greater(t, bytes, int64(1<<10))
	require.Less(t, bytes, int64(64<<10))
}

func TestMeterStops(t *testing.T) {
	rt := goja.New()
	_, err := rt.RunString(`var a = []; for (var i = 0; i < 100000; i++) a.push({})`)
	require.NoError(t, err)
	m := newMeter()
	all, complete := m.measure(rt, math.MaxInt64, nil)
	require.True(t, complete)

	some, complete := m.measure(rt, 1<<20, nil)
	require.False(t, complete)
	require.Greater(t, some, int64(1<<20))
	require.Less(t, some, int64(4<<20))

	calls := 0
	some, complete = m.measure(rt, math.MaxInt64, func() bool { calls++; return calls == 3 })
	require.False(t, complete)
	require.Equal(t, 3, calls)
	require.Less(t, some, all)

	m.release()
	again, complete := m.measure(rt, math.MaxInt64, nil)
	require.True(t, complete)
	require.Equal(t, all, again)
}

func TestMeterSeesJobsThatWait(t *testing.T) {
	rt := goja.New()
	m := newMeter()
	var during int64
	require.NoError(t, rt.Set("measure", func(goja.FunctionCall) goja.Value {
		during, _ = m.measure(rt, math.MaxInt64, nil)
		return nil
	}))
	_, err := rt.RunString(`for (var i = 0; i < 100; i++) {
		Promise.resolve('x'.repeat(100000)).then(function () {})
		Promise.reject('x'.repeat(100000)).catch(function () {})
		Promise.resolve({ text: 'x'.repeat(100000), then() {} })
	}
	measure()`)
	require.NoError(t, err)
	require.Greater(t, during, int64(30_000_000))
	after, _ := m.measure(rt, math.MaxInt64, nil)
	require.Less(t, after, int64(1_000_000))
}

func TestMeterCountsWhatTheHostHoldsForTheRealm(t *testing.T) {
	rt := goja.New()
	v, err := rt.RunString(`(function (s) { return () => s })('x'.repeat(1 << 20))`)
	require.NoError(t, err)
	call, _ := goja.AssertFunction(v)
	_, err = rt.RunString(`0`) // the engine keeps the last result
	require.NoError(t, err)
	m := newMeter()
	without, _ := m.measure(rt, math.MaxInt64, nil)
	timers := timerQueue{{due: time.Now(), call: call}, {args: []goja.Value{v}}}
	for _, extra := range []any{v, call, timers, timers[0], timers[1], []goja.Value{v}, map[int64]*timer{1: timers[1]}} {
		with, _ := m.measure(rt, math.MaxInt64, nil, extra)
		require.Greater(t, with-without, int64(1<<20), "%T", extra)
		require.Less(t, with-without, int64(1<<20+1<<14), "%T", extra)
	}
}

func TestMeterLeavesOutWhatIsNotTheRealms(t *testing.T) {
	text := "var kept = 'a literal of the program' //" + strings.Repeat("x", 1<<20)
	tree, err := goja.Parse("", text, parser.WithDisableSourceMaps)
	require.NoError(t, err)
	program, err := goja.CompileAST(tree, false)
	require.NoError(t, err)
	rt := goja.New()
	_, err = rt.RunProgram(program)
	require.NoError(t, err)
	host := make([]byte, 1<<20)
	require.NoError(t, rt.Set("host", func(goja.FunctionCall) goja.Value { return rt.ToValue(len(host)) }))
	require.NoError(t, rt.Set("wrapped", &realm{objects: rt.NewObject()}))
	m := newMeter()
	m.shared = []string{tree.File.Source()}
	bytes, _ := m.measure(rt, math.MaxInt64, nil)
	require.Less(t, bytes, int64(64<<10))
	runtime.KeepAlive(host)
}

func TestMeterWithoutTheRuntimesHelpIsSafe(t *testing.T) {
	for _, text := range textsOf() {
		rt := goja.New()
		require.NoError(t, rt.Set("keep", rt.NewArray()))
		_, err := rt.RunString("var n = 50\n" + text)
		require.NoError(t, err)
		m := newMeter()
		exact, _ := m.measure(rt, math.MaxInt64, nil)
		m.heap = allocations{}
		plain, complete := m.measure(rt, math.MaxInt64, nil)
		require.True(t, complete)
		require.Greater(t, plain, exact/1000, text)
	}
}

func TestMeterMayMeetTheCollectorRemovingWeakKeys(t *testing.T) {
	rt := goja.New()
	m := newMeter()
	for range 20 {
		_, err := rt.RunString(`var w = new WeakMap(); for (var i = 0; i < 2000; i++) w.set({}, { i })`)
		require.NoError(t, err)
		go runtime.GC()
		for range 5 {
			_, complete := m.measure(rt, math.MaxInt64, nil)
			require.True(t, complete)
		}
	}
}

func TestMeterLetsRealmsBeMeasuredAtTheSameTime(t *testing.T) {
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			rt := goja.New()
			_, err := rt.RunString(calibrationObjects)
			require.NoError(t, err)
			m := newMeter()
			first, _ := m.measure(rt, math.MaxInt64, nil)
			for range 20 {
				again, _ := m.measure(rt, math.MaxInt64, nil)
				require.Equal(t, first, again)
			}
		})
	}
	wg.Wait()
}
