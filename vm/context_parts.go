package vm

import "github.com/dop251/goja/ast"

// contextParts says which parts of context a program can come across. Most programs read one property or two of it, by their
// names, and to build the rest is the larger part of what a realm for a request costs. Where a program uses an object of
// those in contextNames in any other way than to read a property that it has of its own, it can come across all of that.
type contextParts struct {
	uses  map[string]int // of the objects and of the properties, by their path
	reads map[string]int // uses of the objects that read a property of contextNames
}

// contextNames are the objects whose properties are built one by one, and these properties.
var contextNames = map[string]map[string]bool{
	"context":                 set("tenant", "script", "execution", "trigger", "metadata", "secrets", "waitUntil"),
	"context.trigger":         set("type", "eventType", "eventId", "httpMethod", "httpPath", "cronTrigger", "scheduledAt", "payload", "request"),
	"context.trigger.request": set("method", "path", "params", "query", "headers", "text", "bytes"),
}

func set(names ...string) map[string]bool {
	all := map[string]bool{}
	for _, name := range names {
		all[name] = true
	}
	return all
}

// identifier counts an identifier, whatever it stands for.
func (c *contextParts) identifier(name string) {
	if name == "context" {
		c.uses[name]++
	}
}

// dot counts an expression with a dot.
func (c *contextParts) dot(e *ast.DotExpression) {
	if path := contextPath(e, 0); path != "" {
		c.uses[path]++
		c.reads[path[:len(path)-len(e.Identifier.Name)-1]]++
	}
}

// contextPath returns the path of a property of context that is read by names alone; "" for any other expression.
func contextPath(e ast.Expression, depth int) string {
	const deepest = 3 // context.trigger.request.headers
	switch e := e.(type) {
	case *ast.Identifier:
		if e.Name == "context" {
			return "context"
		}
	case *ast.DotExpression:
		if depth < deepest {
			if path := contextPath(e.Left, depth+1); contextNames[path][string(e.Identifier.Name)] {
				return path + "." + string(e.Identifier.Name)
			}
		}
	}
	return ""
}

// whole reports whether the program can come across everything of an object.
func (c *contextParts) whole(path string) bool { return c.uses[path] != c.reads[path] }

// has reports whether the program can come across a property of an object that it cannot come across whole.
func (c *contextParts) has(path, name string) bool { return c.uses[path+"."+name] > 0 }
