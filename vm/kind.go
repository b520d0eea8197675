package vm

import (
	"strings"

	"github.com/dop251/goja"
)

// kind is what an object is, told without running script code.
type kind int

const (
	kindObject kind = iota
	kindArray
	kindFunction
	kindProxy
	kindMap
	kindSet
	kindPromise
	kindBuffer
	kindTyped // a typed array
	kindDate
	kindError
	kindRegExp
	kindBoxed // a number, text or boolean object
	kindBigInt
	kindSymbol
	kindRaw // JSON.rawJSON
)

func kindOf(object *goja.Object) kind {
	t := object.ExportType()
	switch t {
	case proxyType:
		return kindProxy
	case promiseType:
		return kindPromise
	case bufferType:
		return kindBuffer
	case mapType:
		return kindMap
	}
	switch object.ClassName() {
	case "Array":
		return kindArray
	case "Date":
		return kindDate
	case "Error":
		return kindError
	case "RegExp":
		return kindRegExp
	case "Number", "String", "Boolean":
		return kindBoxed
	case "RawJSON":
		return kindRaw
	case "Function":
		return kindFunction
	}
	return kindOfType(object)
}

// kindOfType tells the objects whose class says nothing by the Go type that they export to.
func kindOfType(object *goja.Object) kind {
	t := object.ExportType()
	switch t {
	case setType:
		return kindSet
	case nil:
		return kindObject
	}
	switch name := t.String(); {
	case strings.HasPrefix(name, "func("):
		return kindFunction
	case name == "*big.Int":
		return kindBigInt
	case name == "string":
		return kindSymbol
	case strings.HasPrefix(name, "[]"):
		return kindTyped
	}
	return kindObject
}

// isArray reports whether JSON writes an object as an array: an array, or a proxy of one.
func isArray(object *goja.Object) bool {
	for range maxValueDepth {
		switch kindOf(object) {
		case kindArray:
			return true
		case kindProxy:
			proxy, _ := object.Export().(goja.Proxy)
			if object = proxy.Target(); object == nil {
				return false
			}
		default:
			return false
		}
	}
	return false
}
