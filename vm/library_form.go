package vm

import (
	"bytes"
	"crypto/rand"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"github.com/dop251/goja"
)

var formNatives = natives{
	"boundary":   (*realm).boundary,
	"multipart":  (*realm).multipart,
	"urlencoded": (*realm).urlencoded,
}

// maxFormParts bounds the entries of a form that is read.
const maxFormParts = 10_000

// boundary returns a text that no form holds but by a chance that nobody meets.
func (r *realm) boundary(goja.FunctionCall) goja.Value {
	return r.rt.ToValue("----formdata-" + rand.Text())
}

// multipart reads a multipart/form-data body, given with its content type, into a list of name, file name or null, type, and
// content as a Uint8Array, for one part after another. It returns null where the body is broken.
func (r *realm) multipart(call goja.FunctionCall) goja.Value {
	content := r.contentOf(call.Argument(0))
	_, parameters := mediaType(r.textOf(call.Argument(1)).String())
	boundary := parameters["boundary"]
	if boundary == "" {
		return goja.Null()
	}
	if bytes.HasPrefix(content, []byte("--"+boundary+"--")) { // a form without parts, at which the reader stops
		return r.rt.NewArray()
	}
	r.guard.take(2 * int64(len(content))) // as buffers grow
	form := multipart.NewReader(bytes.NewReader(content), boundary)
	var list []any
	for {
		part, err := form.NextRawPart()
		if err == io.EOF {
			return r.rt.NewArray(list...)
		}
		if err != nil || len(list) >= 4*maxFormParts {
			return goja.Null()
		}
		r.guard.checkpoint()
		entry := r.formPart(part)
		if entry == nil {
			return goja.Null()
		}
		list = append(list, entry...)
	}
}

// formPart returns the four values of a part; nil where it is broken.
func (r *realm) formPart(part *multipart.Part) []any {
	disposition, parameters := mediaType(part.Header.Get("Content-Disposition"))
	name, named := parameters["name"]
	if disposition != "form-data" || !named {
		return nil
	}
	content, err := io.ReadAll(part)
	if err != nil {
		return nil
	}
	fileName := goja.Null()
	if given, isFile := parameters["filename"]; isFile {
		fileName = r.textOfUTF8([]byte(unescapeName(given)))
	}
	return []any{r.textOfUTF8([]byte(unescapeName(name))), fileName, part.Header.Get("Content-Type"), r.uint8Array(content)}
}

// mediaType reads a value with parameters, up to a length that nobody needs: it cannot be stopped on the way. Where the value
// is broken, there are none.
func mediaType(text string) (value string, parameters map[string]string) {
	const longest = 64 << 10
	if len(text) > longest {
		return "", nil
	}
	value, parameters, err := mime.ParseMediaType(text)
	if err != nil {
		return "", nil
	}
	return value, parameters
}

// unescapeName undoes what https://html.spec.whatwg.org/#multipart-form-data does to names.
func unescapeName(name string) string {
	return strings.NewReplacer("%0A", "\n", "%0D", "\r", "%22", `"`).Replace(name)
}

// urlencoded is https://url.spec.whatwg.org/#urlencoded-parsing: it returns a list of name and value, one pair after another.
func (r *realm) urlencoded(call goja.FunctionCall) goja.Value {
	content := r.contentOf(call.Argument(0))
	var list []any
	for pair := range bytes.SplitSeq(content, []byte("&")) {
		if len(pair) == 0 {
			continue
		}
		name, value, _ := bytes.Cut(pair, []byte("="))
		list = append(list, r.textOfUTF8(percentDecoded(name)), r.textOfUTF8(percentDecoded(value)))
		const entry = 200 // bytes that it takes, beside its text
		r.guard.checkpoint()
		r.guard.hold(int64(len(list)) * entry / 2)
	}
	return r.rt.NewArray(list...)
}

// percentDecoded returns what a part of a form stands for.
func percentDecoded(content []byte) []byte {
	decoded := make([]byte, 0, len(content))
	for i := 0; i < len(content); i++ {
		c := content[i]
		switch {
		case c == '+':
			c = ' '
		case c == '%' && i+2 < len(content) && isHex(content[i+1]) && isHex(content[i+2]):
			c = hexDigit(content[i+1])<<4 | hexDigit(content[i+2])
			i += 2
		}
		decoded = append(decoded, c)
	}
	return decoded
}

func hexDigit(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
