package vm

import (
	"strconv"
	"strings"

	"github.com/dop251/goja"
)

// The bounds on what an uncaught error tells of the errors inside.
const (
	maxInnerErrors = 10 // of an AggregateError
	maxErrorLevels = 4
	maxErrorsTold  = 30 // of all levels
)

// describeWhole is describe with the errors that an AggregateError is made of, and with causes. The frames are those of the first
// error that has any.
func (r *realm) describeWhole(object *goja.Object) (message string, frames []string) {
	d := &description{r: r}
	d.error(object, 0)
	return clipText(d.text.String(), maxMessageBytes), d.frames
}

// description is the text of an error with the errors inside.
type description struct {
	r      *realm
	text   strings.Builder
	frames []string
	told   int
}

func (d *description) error(object *goja.Object, level int) {
	message, frames := d.r.describe(object)
	if len(d.frames) == 0 {
		d.frames = frames
	}
	d.text.WriteString(message)
	if level == maxErrorLevels {
		return
	}
	d.inner(object, level)
	if cause := d.r.room().ownString(object, "cause"); cause != nil && cause.value != nil {
		d.text.WriteString(" (cause: ")
		d.value(cause.value, level+1)
		d.text.WriteString(")")
	}
}

// inner writes the errors of an AggregateError.
func (d *description) inner(object *goja.Object, level int) {
	inside, more := d.r.innerErrors(object)
	if len(inside) == 0 {
		return
	}
	separator := " ("
	for _, v := range inside {
		d.text.WriteString(separator)
		d.value(v, level+1)
		separator = "; "
	}
	if more {
		d.text.WriteString("; ...")
	}
	d.text.WriteString(")")
}

// innerErrors returns the first errors of an AggregateError, and whether there are more.
func (r *realm) innerErrors(object *goja.Object) (inside []goja.Value, more bool) {
	room := r.room()
	if name, _ := room.text(object, "name", maxFrameName); name != "AggregateError" {
		return nil, false
	}
	p := room.ownString(object, "errors")
	if p == nil {
		return nil, false
	}
	list, ok := p.value.(*goja.Object)
	if !ok || kindOf(list) != kindArray {
		return nil, false
	}
	for i := range maxInnerErrors + 1 {
		element := room.ownString(list, strconv.Itoa(i))
		if element == nil || element.value == nil {
			return inside, false
		}
		inside = append(inside, element.value)
	}
	return inside[:maxInnerErrors], true
}

func (d *description) value(v goja.Value, level int) {
	if d.told++; d.told > maxErrorsTold || d.text.Len() > maxMessageBytes {
		d.text.WriteString("...")
		return
	}
	if object, ok := v.(*goja.Object); ok && kindOf(object) == kindError {
		d.error(object, level)
		return
	}
	d.text.WriteString(d.r.inspect(v, maxMessageBytes))
}
