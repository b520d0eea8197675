package vm

import (
	"net/url"
	"strings"

	"github.com/dop251/goja"
)

var hrefNatives = natives{"href": (*realm).href}

// href returns an absolute URL in its normal form; null for what is none, and for one with a user where the second argument is true.
func (r *realm) href(call goja.FunctionCall) goja.Value {
	text := r.textOf(call.Argument(0))
	r.guard.take(int64(text.Length()) * 3)
	u, err := url.Parse(strings.Trim(text.String(), "\t\n\f\r "))
	if err != nil || u.Scheme == "" || call.Argument(1).ToBoolean() && u.User != nil {
		return goja.Null()
	}
	if u.Scheme == "http" || u.Scheme == "https" {
		if u.Host == "" {
			return goja.Null()
		}
		u.Host = strings.ToLower(u.Host)
		if u.Path == "" {
			u.Path = "/"
		}
	}
	return r.rt.ToValue(u.String())
}
