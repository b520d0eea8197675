package vm

import "github.com/dop251/goja"

var hrefNatives = natives{"href": (*realm).href}

// href returns an absolute URL as URL.href has it; null for what is none, and for one with a user where the second argument is true.
func (r *realm) href(call goja.FunctionCall) goja.Value {
	u := r.urlOf(call.Argument(0), nil)
	if u == nil || call.Argument(1).ToBoolean() && u.Username()+u.Password() != "" {
		return goja.Null()
	}
	return r.rt.ToValue(u.Href())
}
