package vm

import (
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// textEncoding is an encoding of https://encoding.spec.whatwg.org/#names-and-labels.
type textEncoding struct {
	name     string
	marked   bool // a stream may begin with a mark of the order of bytes
	superset bool // of ASCII, whatever there was before
	parts    func() partDecoder
}

// newerLabels are the labels that the package of encodings does not know.
var newerLabels = map[string]string{
	"unicode11utf8": "utf-8", "unicode20utf8": "utf-8", "x-unicode20utf8": "utf-8", "unicodefffe": "utf-16be", "csunicode": "utf-16le",
	"iso-10646-ucs-2": "utf-16le", "ucs-2": "utf-16le", "unicode": "utf-16le", "unicodefeff": "utf-16le",
}

// encodingOf returns the encoding of a label.
func encodingOf(label goja.String) (textEncoding, bool) {
	const longest = 100
	name := strings.Trim(label.Substring(0, min(label.Length(), longest)).String(), "\t\n\f\r ")
	if label.Length() > longest || strings.ContainsFunc(name, func(c rune) bool { return c <= ' ' || c >= utf8.RuneSelf }) {
		return textEncoding{}, false
	}
	name = strings.ToLower(name)
	if newer, ok := newerLabels[name]; ok {
		name = newer
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		return textEncoding{}, false
	}
	if name, err = htmlindex.Name(e); err != nil {
		return textEncoding{}, false
	}
	return namedEncoding(name, e)
}

func namedEncoding(name string, e encoding.Encoding) (textEncoding, bool) {
	switch name {
	case "utf-8":
		return textEncoding{name: name, marked: true, superset: true, parts: func() partDecoder { return utf8Decoder{} }}, true
	case "utf-16le":
		return textEncoding{name: name, marked: true, parts: func() partDecoder { return utf16Decoder{high: 1} }}, true
	case "utf-16be":
		return textEncoding{name: name, marked: true, parts: func() partDecoder { return utf16Decoder{high: 0} }}, true
	case "iso-2022-jp":
		return textEncoding{name: name, parts: func() partDecoder { return &iso2022JPDecoder{} }}, true
	case "gbk", "gb18030":
		return textEncoding{name: name, superset: true, parts: func() partDecoder { return gbDecoder{} }}, true
	case "replacement":
		return textEncoding{}, false
	}
	if name == "iso-8859-8-i" {
		e = charmap.ISO8859_8 // which differs in the direction of writing only
	}
	if table, ok := e.(*charmap.Charmap); ok {
		return textEncoding{name: name, superset: true, parts: func() partDecoder { return byteDecoder{table} }}, true
	}
	return textEncoding{name: name, superset: true, parts: func() partDecoder { return &multiByteDecoder{e.NewDecoder().Transformer, multiBytes[name]} }}, true
}
