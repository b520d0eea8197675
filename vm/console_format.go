package vm

import (
	"strings"

	"github.com/dop251/goja"
)

// message formats the arguments of a console method as one text: texts as they are, everything else inspected. Where the first is
// a text with specifiers, these take the arguments behind it: https://console.spec.whatwg.org/#formatter
func (r *realm) message(arguments []goja.Value) string {
	if len(arguments) > 1 {
		if format, ok := arguments[0].(goja.String); ok && format.Length() <= maxLogLineBytes {
			if text := format.String(); strings.Contains(text, "%") {
				return r.formatted(text, arguments[1:])
			}
		}
	}
	return r.plainMessage(arguments)
}

func (r *realm) plainMessage(arguments []goja.Value) string {
	in := r.inspection(maxLogLineBytes)
	in.list(arguments, false)
	return in.String()
}

// list writes values with spaces between them, and one before them.
func (in *inspection) list(values []goja.Value, behind bool) {
	for i, v := range values {
		if in.left <= 0 {
			return
		}
		if i > 0 || behind {
			in.write(" ")
		}
		in.shownText(v)
	}
}

// shownText writes a text as it is and any other value inspected.
func (in *inspection) shownText(v goja.Value) {
	if text, ok := v.(goja.String); ok {
		in.text(text)
	} else {
		in.value(v, 0)
	}
}

// formatted returns a text whose specifiers are replaced by values; those that are left over stand behind it.
func (r *realm) formatted(format string, values []goja.Value) string {
	in := r.inspection(maxLogLineBytes)
	for format != "" && in.left > 0 {
		at := strings.IndexByte(format, '%')
		if at < 0 || at+1 == len(format) {
			break
		}
		in.write(format[:at])
		specifier := format[at+1]
		switch {
		case specifier == '%':
			in.write("%")
		case strings.IndexByte("sdifoOc", specifier) < 0 || len(values) == 0:
			in.write("%")
			format = format[at+1:]
			continue
		default:
			in.specified(specifier, values[0])
			values = values[1:]
		}
		format = format[at+2:]
	}
	in.write(format)
	in.list(values, true)
	return in.String()
}

// specified writes a value as a specifier says.
func (in *inspection) specified(specifier byte, v goja.Value) {
	switch specifier {
	case 's':
		in.shownText(v)
	case 'd', 'i':
		in.number("parseInt", v)
	case 'f':
		in.number("parseFloat", v)
	case 'o', 'O':
		in.value(v, 0)
	}
}

// number writes what parseInt or parseFloat make of a value; objects, which would have to be asked, and symbols are no numbers.
func (in *inspection) number(parse string, v goja.Value) {
	const longest = 400 // of a number
	switch text := v.(type) {
	case *goja.Object, *goja.Symbol:
		in.write("NaN")
		return
	case goja.String:
		if text.Length() > longest {
			v = text.Substring(0, longest)
		}
	}
	f := in.room.once(parse, func() goja.Value { return in.room.rt.Get(parse) })
	in.value(in.room.call(f, goja.Undefined(), v, in.room.rt.ToValue(10)), 0)
}
