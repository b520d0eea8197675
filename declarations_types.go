package jsruntime

import (
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// typeNames writes types as TypeScript has them. Structs with names become interfaces.
type typeNames struct {
	named []*shape // in the order in which they were met
	known map[namedType]string
	taken map[string]bool // names that no interface gets any more
	open  []*shape        // that are being written
}

// namedType is a struct that has a name: what a script passes as one may look different from what it gets.
type namedType struct {
	goType reflect.Type
	result bool
}

func newTypeNames() typeNames {
	n := typeNames{known: map[namedType]string{}, taken: map[string]bool{}}
	for _, name := range strings.Fields("any bigint boolean never null number object string symbol undefined unknown void Uint8Array Date") {
		n.taken[name] = true
	}
	return n
}

// of returns the type with which a shape is written.
func (n *typeNames) of(s *shape) string {
	if slices.Contains(n.open, s) { // a type that is a list of itself
		return "any"
	}
	n.open = append(n.open, s)
	defer func() { n.open = n.open[:len(n.open)-1] }()
	switch s.kind {
	case boolShape:
		return "boolean"
	case integerShape, naturalShape, floatShape:
		return "number"
	case timeShape:
		if s.result {
			return "string"
		}
		return "string | Date" // which is such a string as an argument
	case stringShape, textShape:
		return "string"
	case bytesShape:
		if s.result {
			return "string | null" // base64
		}
		return "Uint8Array"
	case pointerShape:
		return orNull(n.of(s.elem))
	case listShape, arrayShape, mapShape:
		return n.several(s)
	case structShape:
		return n.object(s)
	}
	return "any"
}

// several returns the type of a list or a map. A nil one is null as JSON.
func (n *typeNames) several(s *shape) string {
	elem := n.of(s.elem)
	whole := "{ [name: string]: " + elem + " }"
	if s.kind != mapShape {
		if strings.Contains(elem, " | ") {
			elem = "(" + elem + ")"
		}
		whole = elem + "[]"
	}
	if s.result && s.kind != arrayShape {
		return orNull(whole)
	}
	return whole
}

const null = " | null"

func orNull(t string) string {
	if t == "any" || strings.HasSuffix(t, null) {
		return t
	}
	return t + null
}

// object returns the name of a struct's interface, or its fields where it has no name.
func (n *typeNames) object(s *shape) string {
	if s.goType.Name() != "" {
		return "jsruntime." + n.name(s)
	}
	fields := make([]string, len(s.fields))
	for i, field := range s.fields {
		fields[i] = n.field(field)
	}
	return "{ " + strings.Join(fields, "; ") + " }"
}

// field returns the declaration of a field: what may be left out may be null for a parameter, and is not in a result.
func (n *typeNames) field(f shapeField) string {
	t, mark := n.of(f.shape), ": "
	switch {
	case !f.optional:
	case f.shape.result:
		t, mark = strings.TrimSuffix(t, null), "?: "
	default:
		t, mark = orNull(t), "?: "
	}
	return propertyName(f.name) + mark + t
}

// name returns the name of a struct's interface, which no other has.
func (n *typeNames) name(s *shape) string {
	key := namedType{s.goType, s.result}
	if name, ok := n.known[key]; ok {
		return name
	}
	base := interfaceName(s.goType.Name())
	name := base
	for i := 2; n.taken[name]; i++ {
		name = base + strconv.Itoa(i)
	}
	n.known[key], n.taken[name] = name, true
	n.named = append(n.named, s)
	return name
}

var (
	packagePath = regexp.MustCompile(`[^\[\],*]*[./·]`)
	word        = regexp.MustCompile(`[\pL_][\pL\p{Nd}_]*`)
)

// interfaceName returns the name of a Go type, the arguments of a generic one included, without the packages.
func interfaceName(name string) string {
	var b strings.Builder
	for _, part := range word.FindAllString(packagePath.ReplaceAllString(name, ""), -1) {
		first, size := utf8.DecodeRuneInString(part)
		b.WriteRune(unicode.ToUpper(first))
		b.WriteString(part[size:])
	}
	return b.String()
}

// propertyName returns a name as that of a property, in quotes where it has to be. A method that is called new would be a
// constructor without them.
func propertyName(name string) string {
	if plainName.MatchString(name) && name != "new" {
		return name
	}
	return string(appendJSON(nil, name))
}
