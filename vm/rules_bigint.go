package vm

import (
	"math"
	"math/big"

	"github.com/dop251/goja"
)

// maxBigIntBits is how many bits a BigInt may have: a multiplication of two such takes some ten milliseconds.
const maxBigIntBits = 1 << 20

var bigIntStatics = objectRules{
	"":        {call: makeBigInt},
	"asIntN":  {call: wrapBigInt(true)},
	"asUintN": {call: wrapBigInt(false)},
}

// readsBigInt guards a native that makes BigInts of bytes: a program that names no BigInt is compiled without the checks of
// its operators.
func readsBigInt(g *guard, next native, call goja.FunctionCall) goja.Value {
	g.needBigInt()
	return next(call)
}

// writesBigInt guards a native that turns its second argument into a BigInt.
func writesBigInt(g *guard, next native, call goja.FunctionCall) goja.Value {
	if at := numberArgument(&call, 0); len(call.Arguments) > 1 && !(at < 0 || at > 1<<53) {
		call.Arguments = withArgument(call.Arguments, 1, g.shortPrimitive(call.Arguments[1], "number"))
	}
	return next(call)
}

// shortPrimitive returns a value as a primitive that is not too long a text to become a BigInt.
func (g *guard) shortPrimitive(v goja.Value, hint string) goja.Value {
	if object, ok := v.(*goja.Object); ok {
		v = g.primitive(object, hint)
	}
	if s, ok := v.(goja.String); ok {
		g.refuseLongInteger(s)
	}
	return v
}

func (g *guard) needBigInt() {
	if !g.realm.program.names.bigint {
		panic(g.rt.NewTypeError("BigInt is not available: the source has to name it"))
	}
}

func makeBigInt(g *guard, next native, call goja.FunctionCall) goja.Value {
	g.needBigInt()
	if len(call.Arguments) > 0 {
		call.Arguments = withArgument(call.Arguments, 0, g.shortPrimitive(call.Arguments[0], "number"))
	}
	return next(call)
}

// primitive converts an object to a primitive, see https://tc39.es/ecma262/#sec-toprimitive; the hint is "number" or
// "default". It runs code of the script.
func (g *guard) primitive(object *goja.Object, hint string) goja.Value {
	if exotic := object.GetSymbol(goja.SymToPrimitive); exotic != nil && !goja.IsUndefined(exotic) && !goja.IsNull(exotic) {
		if convert, ok := goja.AssertFunction(exotic); ok {
			v, err := convert(object, g.rt.ToValue(hint))
			rethrow(err)
			if _, still := v.(*goja.Object); !still {
				return v
			}
		}
		panic(g.rt.NewTypeError("Cannot convert object to primitive value"))
	}
	for _, name := range [...]string{"valueOf", "toString"} {
		if convert, ok := goja.AssertFunction(object.Get(name)); ok {
			v, err := convert(object)
			rethrow(err)
			if _, still := v.(*goja.Object); !still {
				return v
			}
		}
	}
	panic(g.rt.NewTypeError("Cannot convert object to primitive value"))
}

// refuseLongInteger throws for a text that is too long for an integer.
func (g *guard) refuseLongInteger(s goja.String) {
	const bitsPerDigit = 3.32 // of a decimal one
	if float64(s.Length()) > maxBigIntBits/bitsPerDigit {
		panic(g.tooBig())
	}
}

func (g *guard) tooBig() goja.Value {
	return g.rangeError("a BigInt has more than %d bits", maxBigIntBits)
}

// bigOf returns the integer of a BigInt value.
func bigOf(v goja.Value) *big.Int {
	n, _ := v.Export().(*big.Int)
	return n
}

// wrapBigInt guards asIntN and asUintN, which make a number of as many bits as they are asked for.
func wrapBigInt(signed bool) rule {
	return func(g *guard, next native, call goja.FunctionCall) goja.Value {
		g.needBigInt()
		bits := numberArgument(&call, 0)
		if len(call.Arguments) > 1 {
			call.Arguments = withArgument(call.Arguments, 1, g.shortPrimitive(call.Arguments[1], "number"))
		}
		if !(bits > maxBigIntBits) || bits > 1<<53-1 || len(call.Arguments) < 2 {
			return next(call)
		}
		v := call.Arguments[1]
		if !goja.IsBigInt(v) {
			call.Arguments = []goja.Value{g.rt.ToValue(maxBigIntBits), v}
			return next(call) // it throws, or the value has fewer bits
		}
		if !signed && bigOf(v).Sign() < 0 {
			panic(g.tooBig())
		}
		return v
	}
}

// The operators that a program with BigInts calls, since nothing else sees an operator before it is done. The compiler
// puts a call of operate with one of these numbers in place of each.
const (
	opMultiply = iota
	opPower
	opLeft
	opRight
	opEqual
	opUnequal
	opLess
	opGreater
	opAtMost
	opAtLeast
	opNumeric
)

// operators are the operators themselves. What an increment returns is its operand as a number or a BigInt.
var operators = goja.MustCompile("native", `[
	function(a, b) { return a * b }, function(a, b) { return a ** b }, function(a, b) { return a << b }, function(a, b) { return a >> b },
	function(a, b) { return a == b }, function(a, b) { return a != b }, function(a, b) { return a < b }, function(a, b) { return a > b },
	function(a, b) { return a <= b }, function(a, b) { return a >= b }, function(a) { return a++ },
]`, true)

func (g *guard) operator(i int64, args ...goja.Value) goja.Value {
	if g.operators == nil {
		list := g.realm.evaluate(operators)
		for _, v := range inside[arrayObject](list).values {
			f, _ := goja.AssertFunction(v)
			g.operators = append(g.operators, f)
		}
	}
	v, err := g.operators[i](goja.Undefined(), args...)
	rethrow(err)
	return v
}

// operate does what an operator does, unless the result were too big, or a text too long to be compared with a BigInt.
func (g *guard) operate(call goja.FunctionCall) goja.Value {
	g.checkpoint()
	operator, a, b := call.Arguments[0].ToInteger(), call.Arguments[1], call.Arguments[2]
	if operator == opMultiply && goja.IsNumber(a) && goja.IsNumber(b) {
		return g.rt.ToValue(a.ToFloat() * b.ToFloat())
	}
	if operator >= opEqual {
		if goja.IsBigInt(a) || goja.IsBigInt(b) {
			hint := "number"
			if operator <= opUnequal {
				hint = "default"
			}
			a, b = g.comparable(a, hint), g.comparable(b, hint)
		}
		g.refuseLongComparison(a, b)
		g.refuseLongComparison(b, a)
		return g.operator(operator, a, b)
	}
	a, b = g.numeric(a), g.numeric(b)
	if goja.IsBigInt(a) && goja.IsBigInt(b) && bitsOf(operator, bigOf(a), bigOf(b)) > maxBigIntBits {
		panic(g.tooBig())
	}
	return g.operator(operator, a, b)
}

// operateAt assigns to a property what an operator makes of it.
func (g *guard) operateAt(call goja.FunctionCall) goja.Value {
	room := g.realm.room()
	object, key := g.toObject(call.Arguments[1]), call.Arguments[2]
	if o, ok := key.(*goja.Object); ok {
		key = o.ToString()
	}
	v := g.operate(goja.FunctionCall{Arguments: []goja.Value{call.Arguments[0], room.valueOf(object, key), call.Arguments[3]}})
	if !room.call(room.static("Reflect", "set"), goja.Undefined(), object, key, v).ToBoolean() {
		panic(g.rt.NewTypeError("Cannot assign to read only property"))
	}
	return v
}

// numeric converts an operand as the arithmetic operators do.
func (g *guard) numeric(v goja.Value) goja.Value {
	if _, ok := v.(*goja.Object); ok {
		return g.operator(opNumeric, v)
	}
	return v
}

// comparable returns an operand that is compared with a BigInt as a primitive.
func (g *guard) comparable(v goja.Value, hint string) goja.Value {
	if object, ok := v.(*goja.Object); ok {
		return g.primitive(object, hint)
	}
	return v
}

func (g *guard) refuseLongComparison(a, b goja.Value) {
	if s, ok := a.(goja.String); ok && goja.IsBigInt(b) {
		g.refuseLongInteger(s)
	}
}

// bitsOf returns how many bits the result of an operation may have.
func bitsOf(operator int64, a, b *big.Int) float64 {
	bits := float64(a.BitLen())
	by := math.Inf(1)
	if b.IsInt64() {
		by = float64(b.Int64())
	} else if b.Sign() < 0 {
		by = math.Inf(-1)
	}
	if bits == 0 {
		return 0
	}
	switch operator {
	case opMultiply:
		return bits + float64(b.BitLen())
	case opPower:
		if bits == 1 {
			return 1
		}
		return bits * max(by, 0)
	case opLeft:
		return bits + max(by, 0)
	}
	return bits + max(-by, 0) // >>
}
