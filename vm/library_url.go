package vm

import (
	"github.com/dop251/goja"

	"github.com/jsruntime/jsruntime/vm/internal/weburl"
)

var urlNatives = natives{
	"parse":  (*realm).parseURL,
	"change": (*realm).changeURL,
}

// parseURL returns the parts of a URL in the order of the module, or null where the text is none. The base may be missing.
func (r *realm) parseURL(call goja.FunctionCall) goja.Value {
	var base *weburl.URL
	if len(call.Arguments) > 1 {
		if base = r.urlOf(call.Argument(1), nil); base == nil {
			return goja.Null()
		}
	}
	return r.partsOfURL(r.urlOf(call.Argument(0), base))
}

// changeURL returns the parts of a URL after one was set; one that cannot be set leaves the URL as it is.
func (r *realm) changeURL(call goja.FunctionCall) goja.Value {
	u, part, value := r.urlOf(call.Argument(0), nil), r.textOf(call.Argument(1)), r.textOf(call.Argument(2))
	if u != nil && value.Length() <= weburl.MaxLength {
		u.Set(part.String(), value.String())
	}
	return r.partsOfURL(u)
}

// urlOf parses a text; it is nil for one that is no URL.
func (r *realm) urlOf(v goja.Value, base *weburl.URL) *weburl.URL {
	text := r.textOf(v)
	if text.Length() > weburl.MaxLength {
		return nil
	}
	const widest = 6 // bytes that one unit may become, in a text and in the URL
	r.guard.take(int64(text.Length()) * widest)
	u, _ := weburl.Parse(text.String(), base)
	return u
}

func (r *realm) partsOfURL(u *weburl.URL) goja.Value {
	if u == nil {
		return goja.Null()
	}
	return r.rt.NewArray(u.Href(), u.Origin(), u.Protocol(), u.Username(), u.Password(), u.Host(), u.Hostname(), u.Port(), u.Pathname(), u.Search(), u.Hash())
}

var searchParamsNatives = natives{
	"parse":  (*realm).parseForm,
	"encode": (*realm).encodeForm,
}

// parseForm returns the names and values of a query, one behind the other.
func (r *realm) parseForm(call goja.FunctionCall) goja.Value {
	text := r.textOf(call.Argument(0))
	const widest = 8
	r.guard.take(int64(text.Length()) * widest)
	var list []any
	taken := int64(0)
	for name, value := range weburl.Form(text.String()) {
		const pair = 100 // bytes beside its texts
		taken += int64(2*(len(name)+len(value)) + pair)
		r.guard.hold(taken)
		r.guard.checkpoint()
		list = append(list, r.textOfUTF8([]byte(name)), r.textOfUTF8([]byte(value)))
	}
	return r.rt.NewArray(list...)
}

// encodeForm returns a name or a value as it stands in a query.
func (r *realm) encodeForm(call goja.FunctionCall) goja.Value {
	text := r.textOf(call.Argument(0))
	const widest = 12
	r.guard.take(int64(text.Length()) * widest)
	return r.rt.ToValue(weburl.FormEncode(text.String()))
}
