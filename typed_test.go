package jsruntime_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/stretchr/testify/require"
)

type money struct {
	Amount   int64  `json:"amount" doc:"In cents."`
	Currency string `json:"currency,omitempty"`
}

type base struct {
	ID uuid.UUID `json:"id"`
}

type order struct {
	base
	Items   []item            `json:"items"`
	Note    *string           `json:"note"`
	Paid    bool              `json:"paid,omitzero"`
	At      time.Time         `json:"at,omitzero"`
	Photo   []byte            `json:"photo,omitempty"`
	Tags    map[string]string `json:"tags,omitempty"`
	Any     any               `json:"any,omitempty"`
	Raw     json.RawMessage   `json:"raw,omitempty"`
	Corner  [2]float32        `json:"corner,omitempty"`
	Small   int8              `json:"small,omitempty"`
	Unit    uint64            `json:"unit,omitempty"`
	Parent  *order            `json:"parent"`
	Named   float64           `json:"a-b,omitempty"`
	Ignored string            `json:"-"`
	private string            //nolint:unused // shows that it is no field of a script
}

type item struct {
	Price money
}

// called calls a function with an argument as a script does, and returns what it replied.
func called(t *testing.T, fn jsruntime.Function, args ...any) (any, error) {
	t.Helper()
	w := startedWorld(t, jsruntime.WithFunction("shop.buy", fn))
	var reply any
	var err error
	w.fake.on("x", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
		reply, err = job.Host.Call(ctx, "shop.buy", args)
		return jsruntime.Result{Output: []byte("null")}
	})
	_, runErr := w.Execute(t.Context(), w.tenant, w.active("x").ID(), nil)
	require.NoError(t, runErr)
	return reply, err
}

func TestATypedFunctionGetsItsTypes(t *testing.T) {
	id, note := uuid.New(), "soon"
	var got order
	fn := jsruntime.Func(func(ctx context.Context, in order) (money, error) {
		call, ok := jsruntime.CallFrom(ctx)
		require.True(t, ok)
		require.NotEqual(t, uuid.Nil, call.TenantID)
		got = in
		return money{Amount: 5}, nil
	})
	reply, err := called(t, fn, map[string]any{
		"id": id.String(), "items": []any{map[string]any{"Price": map[string]any{"amount": 1.0, "currency": "EUR"}}},
		"note": "soon", "paid": true, "at": "2026-03-01T12:00:00.5+01:00", "photo": []byte{1, 2}, "tags": map[string]any{"a": "b"},
		"any": []any{1.0}, "raw": map[string]any{"x": nil}, "corner": []any{1.5, 2.0}, "small": -128.0, "unit": 1e18, "a-b": 0.5,
		"parent": map[string]any{"id": id.String(), "items": []any{}, "note": nil, "paid": nil},
	})
	require.NoError(t, err)
	require.Equal(t, map[string]any{"amount": 5.0}, reply)
	require.True(t, got.At.Equal(time.Date(2026, 3, 1, 11, 0, 0, 5e8, time.UTC)))
	got.At = time.Time{}
	require.Equal(t, order{
		base: base{ID: id}, Items: []item{{Price: money{1, "EUR"}}}, Note: &note, Paid: true, Photo: []byte{1, 2},
		Tags: map[string]string{"a": "b"}, Any: []any{1.0}, Raw: json.RawMessage(`{"x":null}`), Corner: [2]float32{1.5, 2}, Small: -128,
		Unit: 1e18, Named: 0.5, Parent: &order{base: base{ID: id}, Items: []item{}},
	}, got)
	_, ok := jsruntime.CallFrom(t.Context())
	require.False(t, ok)
}

func TestATypedFunctionIsNotCalledWithWhatIsNotItsType(t *testing.T) {
	fn := jsruntime.Func(func(context.Context, order) (any, error) { panic("called") })
	with := func(name string, v any) map[string]any {
		whole := map[string]any{"id": uuid.NewString(), "items": []any{}}
		whole[name] = v
		return whole
	}
	price := func(v any) map[string]any {
		return with("items", []any{map[string]any{"Price": map[string]any{"amount": 1.0}}, map[string]any{"Price": v}})
	}
	for want, argument := range map[string]any{
		"the argument must be an object":                          "text",
		"id is required":                                          nil,
		"items is required":                                       map[string]any{"id": uuid.NewString()},
		"id must be a UUID: invalid UUID length: 1":               with("id", "x"),
		"id must be a string":                                     with("id", 1.0),
		"items must be an array":                                  with("items", nil),
		"ID is unknown":                                           with("ID", "x"),
		"private is unknown":                                      with("private", "x"),
		"Ignored is unknown":                                      with("Ignored", "x"),
		`["a b"] is unknown`:                                      with("a b", "x"),
		`["` + strings.Repeat("-", 60) + `..."] is unknown`:       with(strings.Repeat("-", 1000), "x"),
		"items[1].Price must be an object":                        price([]any{}),
		"items[1].Price.amount is required":                       price(map[string]any{}),
		"items[1].Price.amount must be a number":                  price(map[string]any{"amount": "1"}),
		"note must be a string":                                   with("note", 1.0),
		"paid must be true or false":                              with("paid", "true"),
		"at must be a time such as 2006-01-02T15:04:05Z":          with("at", "tomorrow"),
		"photo must be a Uint8Array":                              with("photo", "AQI="),
		"tags must be an object":                                  with("tags", []any{}),
		"tags.a must be a string":                                 with("tags", map[string]any{"a": 1.0}),
		"corner must be an array of 2":                            with("corner", []any{1.0}),
		"corner[1] must be a number up to 3.4028234663852886e+38": with("corner", []any{1.0, 1e300}),
		"small must be an integer from -128 to 127":               with("small", 128.0),
		"unit must be an integer from 0 to 18446744073709551615":  with("unit", math.Ldexp(1, 64)),
		"unit must be a number":                                   with("unit", math.Inf(1)),
		"parent.id is required":                                   with("parent", map[string]any{}),
		`["a-b"] must be a number`:                                with("a-b", math.NaN()),
		"items[0].Price.amount must be an integer from -9223372036854775808 to 9223372036854775807": with("items",
			[]any{map[string]any{"Price": map[string]any{"amount": math.Ldexp(1, 63)}}}),
	} {
		_, err := called(t, fn, argument)
		require.EqualError(t, err, "shop.buy: "+want)
		require.ErrorIs(t, err, jsruntime.ErrInvalid)
	}
	_, err := called(t, fn, map[string]any{}, 1.0)
	require.EqualError(t, err, "shop.buy: takes one argument")
}

func TestATypedFunctionMayTakeAndReturnLess(t *testing.T) {
	none := jsruntime.Func(func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil })
	text := jsruntime.Func(func(_ context.Context, in string) ([]byte, error) { return []byte(in), nil })
	optional := jsruntime.Func(func(_ context.Context, in *struct{ A int }) (bool, error) { return in == nil, nil })
	fails := jsruntime.Func(func(context.Context, float64) (*money, error) { return nil, errors.New("no money") })
	for _, test := range []struct {
		fn   jsruntime.Function
		args []any
		want any
		err  string
	}{
		{none, nil, nil, ""},
		{none, []any{nil}, nil, ""},
		{none, []any{1.0}, nil, "shop.buy: takes no argument"},
		{text, []any{"é"}, []byte("é"), ""},
		{text, nil, nil, "shop.buy: the argument must be a string"},
		{optional, nil, true, ""},
		{optional, []any{map[string]any{"A": 1.0}}, false, ""},
		{fails, []any{1.0}, nil, "no money"},
	} {
		reply, err := called(t, test.fn, test.args...)
		if test.err != "" {
			require.EqualError(t, err, test.err)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, test.want, reply)
	}
	reply, err := text(t.Context(), jsruntime.FunctionCall{Args: []any{"by a test"}})
	require.NoError(t, err)
	require.Equal(t, []byte("by a test"), reply)
}

type inner struct{ X string }

type middle struct{ inner }

type outer struct{ X string }

func TestAScriptSetsTheFieldThatGoWouldFind(t *testing.T) {
	type hiding struct {
		middle
		outer
	}
	reply, err := called(t, jsruntime.Func(func(_ context.Context, in hiding) (any, error) {
		return []string{in.X, in.inner.X}, nil
	}), map[string]any{"X": "set"})
	require.NoError(t, err)
	require.Equal(t, []any{"set", ""}, reply)

	type several struct {
		inner
		outer
	}
	either := jsruntime.Func(func(context.Context, several) (several, error) {
		return several{inner{"a"}, outer{"b"}}, nil
	})
	_, err = called(t, either, map[string]any{"X": "set"})
	require.EqualError(t, err, "shop.buy: X is unknown", "Go finds neither")
	reply, err = called(t, either)
	require.NoError(t, err)
	require.Empty(t, reply)

	type tagged struct {
		inner
		Named string `json:"X"`
	}
	type named struct {
		outer
		tagged
	}
	reply, err = called(t, jsruntime.Func(func(_ context.Context, in named) (any, error) {
		return []string{in.X, in.inner.X, in.Named}, nil
	}), map[string]any{"X": "set"})
	require.NoError(t, err)
	require.Equal(t, []any{"", "", "set"}, reply, "the tag decides")
}

func TestTypesThatNoScriptHasAreRefused(t *testing.T) {
	type embedded struct{ *money }
	type channel struct{ List []map[string]chan int }
	for want, fn := range map[string]jsruntime.Function{
		"List: parameter: no value of a script can become a chan int": jsruntime.Func(func(context.Context, channel) (any, error) { return nil, nil }),
		"List: result: JSON cannot hold a chan int":                   jsruntime.Func(func(context.Context, string) (channel, error) { return channel{}, nil }),
		"parameter: no value of a script can become a map[int]string": jsruntime.Func(func(context.Context, map[int]string) (any, error) { return nil, nil }),
		"parameter: no value of a script can become a error":          jsruntime.Func(func(context.Context, error) (any, error) { return nil, nil }),
		"money: parameter: a pointer cannot be embedded":              jsruntime.Func(func(context.Context, embedded) (any, error) { return nil, nil }),
		"must not be nil": jsruntime.Func[string, string](nil),
		"N: parameter: the json tag's option string is not supported": jsruntime.Func(func(context.Context, struct {
			N int `json:",string"`
		}) (any, error) {
			return nil, nil
		}),
	} {
		_, err := jsruntime.New(store.NewMemory(), newFake(), jsruntime.WithFunction("f", fn))
		require.EqualError(t, err, `new runtime: function "f": `+want)
	}
}

func TestFunctionsAreDeclaredInTypeScript(t *testing.T) {
	type node struct {
		Value    string          `doc:"Ends a comment: */ alert(1)"`
		Children []node          `json:"children"`
		Blob     []byte          `json:"blob"`
		ByName   map[string]node `json:"byName,omitempty"`
	}
	type list []list
	nop := func(context.Context, jsruntime.FunctionCall) (any, error) { return nil, nil }
	rt, err := jsruntime.New(store.NewMemory(), newFake(),
		jsruntime.WithFunction("plain", nop),
		jsruntime.WithFunction("sql.query", nop, jsruntime.Declared("(sql: string, params?: any[]): Promise<{ rows: any[]; n: number }>")),
		jsruntime.WithFunction("fetch:send", nop),
		jsruntime.WithFunction("shop.orders.place", jsruntime.Func(func(context.Context, order) (*money, error) { return nil, nil }),
			jsruntime.Documented("Places an order.\n*/ It is final.")),
		jsruntime.WithFunction("shop.orders.tree", jsruntime.Func(func(context.Context, node) (node, error) { return node{}, nil })),
		jsruntime.WithFunction("shop.new", jsruntime.Func(func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil })),
		jsruntime.WithFunction("shop.page", jsruntime.Func(func(context.Context, *string) (page[money], error) { return page[money]{}, nil })),
		jsruntime.WithFunction("shop.list", jsruntime.Func(func(context.Context, list) ([]byte, error) { return nil, nil })),
		jsruntime.WithFunction("shop.find", jsruntime.Func(func(context.Context, struct {
			Name string `json:"the name" doc:"A name."`
			Most *int
		}) (map[string][]*string, error) {
			return nil, nil
		})),
	)
	require.NoError(t, err)
	none, err := jsruntime.New(store.NewMemory(), newFake())
	require.NoError(t, err)
	world := none.Declarations()
	require.Contains(t, world, "\ndeclare const context: {\n")
	require.Equal(t, world+declared, rt.Declarations())
}

func TestTheWorldDeclaresWhatAJobsContextHas(t *testing.T) {
	rt, err := jsruntime.New(store.NewMemory(), newFake())
	require.NoError(t, err)
	world := rt.Declarations()
	var names func(of reflect.Type)
	names = func(of reflect.Type) {
		for field := range of.Fields() {
			if field.Type.Kind() == reflect.Pointer {
				field.Type = field.Type.Elem()
			}
			name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			if name != "" && name != "bytes" { // which is a function
				require.Regexp(t, `\breadonly `+name+`\??: `, world)
			}
			if field.Type.Kind() == reflect.Struct && field.Type != reflect.TypeFor[time.Time]() {
				names(field.Type)
			}
		}
	}
	names(reflect.TypeFor[jsruntime.JobContext]())
}

func TestACapabilityDeclaresItsGlobal(t *testing.T) {
	nop := func(context.Context, jsruntime.FunctionCall) (any, error) { return nil, nil }
	rt, err := jsruntime.New(store.NewMemory(), newFake(), jsruntime.WithScriptCalls(),
		jsruntime.Capability("z", "declare const z: 1;\n", jsruntime.WithFunction("z:get", nop)),
		jsruntime.Capability("queue", "", jsruntime.WithFunction("queue.put", nop)),
		jsruntime.Capability("fetch", "declare function fetch(): void;", jsruntime.WithFunction("fetch:send", nop)))
	require.NoError(t, err)
	_, granted, _ := strings.Cut(rt.Declarations(), "retryAfter?: number;\n}\n")
	require.Equal(t, `declare function fetch(): void;
declare const z: 1;
declare const queue: {
  put(...args: any[]): Promise<any>;
};
declare const scripts: {
  /** Runs another script of the tenant by its name, and resolves to its output. */
  call(name: string, input?: object): Promise<any>;
};
`, granted)
}

type page[T any] struct {
	Items []T `json:"items"`
	Total int `json:"total,string"`
}

const declared = `declare function plain(...args: any[]): Promise<any>;
declare const shop: {
  find(input: { "the name": string; Most?: number | null }): Promise<{ [name: string]: (string | null)[] | null } | null>;
  list(input: any[]): Promise<Uint8Array>;
  "new"(): Promise<void>;
  orders: {
    /**
     * Places an order.
     * * / It is final.
     */
    place(input: jsruntime.Order): Promise<jsruntime.Money | null>;
    tree(input: jsruntime.Node): Promise<jsruntime.Node2>;
  };
  page(input?: string | null): Promise<jsruntime.PageMoney>;
};
declare const sql: {
  query(sql: string, params?: any[]): Promise<{ rows: any[]; n: number }>;
};
declare namespace jsruntime {
  interface Order {
    id: string;
    items: jsruntime.Item[];
    note?: string | null;
    paid?: boolean | null;
    at?: string | Date | null;
    photo?: Uint8Array | null;
    tags?: { [name: string]: string } | null;
    any?: any;
    raw?: any;
    corner?: number[] | null;
    small?: number | null;
    unit?: number | null;
    parent?: jsruntime.Order | null;
    "a-b"?: number | null;
  }
  interface Money {
    /** In cents. */
    amount: number;
    currency?: string;
  }
  interface Node {
    /** Ends a comment: * / alert(1) */
    Value: string;
    children: jsruntime.Node[];
    blob: Uint8Array;
    byName?: { [name: string]: jsruntime.Node } | null;
  }
  interface Node2 {
    /** Ends a comment: * / alert(1) */
    Value: string;
    children: jsruntime.Node2[] | null;
    blob: string | null;
    byName?: { [name: string]: jsruntime.Node2 };
  }
  interface PageMoney {
    items: jsruntime.Money[] | null;
    total: string;
  }
  interface Item {
    Price: jsruntime.Money2;
  }
  interface Money2 {
    /** In cents. */
    amount: number;
    currency?: string | null;
  }
}
`

func TestASignatureMustBeOne(t *testing.T) {
	nop := func(context.Context, jsruntime.FunctionCall) (any, error) { return nil, nil }
	for signature, ok := range map[string]bool{
		"(): void": true, "(a: string): Promise<any>": true, `(a: ")"): any`: true, "(f: (x: number) => void): [a, b]": true,
		"a: string": false, "(a": false, "(a)": false, "(a):": false, "(a): b; }": false, "(a): b}": false, "(a]: b": false,
		"(a): b // x": false, "(a): b /* x": false, "(a): b\n": false, `(a): "b`: false,
	} {
		_, err := jsruntime.New(store.NewMemory(), newFake(), jsruntime.WithFunction("f", nop, jsruntime.Declared(signature)))
		if ok {
			require.NoError(t, err, signature)
			continue
		}
		require.ErrorContains(t, err, `function "f": the signature must be like`, signature)
	}
}
