package vm

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// construct is a way to write code that grows with n.
type construct struct {
	name string
	text func(n int) string
}

func nest(head, middle, tail string) func(int) string {
	return func(n int) string { return strings.Repeat(head, n) + middle + strings.Repeat(tail, n) }
}

// repeated repeats an item, in which @ is the number of the repetition.
func repeated(head, item, tail string) func(int) string {
	return func(n int) string {
		if !strings.Contains(item, "@") {
			return head + strings.Repeat(item, n) + tail
		}
		var b strings.Builder
		b.WriteString(head)
		for i := range n {
			b.WriteString(strings.ReplaceAll(item, "@", fmt.Sprint(i)))
		}
		b.WriteString(tail)
		return b.String()
	}
}

// nestedIn repeats an item within as much nesting as is accepted, and a bit less.
func nestedIn(levels int, head, tail, before, item, after string) func(int) string {
	return func(n int) string {
		return before + strings.Repeat(head, levels) + repeated("", item, "")(n) + strings.Repeat(tail, levels) + after
	}
}

// around are heads and tails that fit around every expression.
var around = [][2]string{
	{"(", ")"}, {"[", "]"}, {"({a:", "})"}, {"({[", "]:1})"}, {"f(", ")"}, {"`${", "}`"}, {"(a=>", ")"}, {"(async a=>", ")"}, {"!", ""},
	{"(typeof ", ")"}, {"(1?", ":1)"}, {"(a?1:", ")"}, {"(a=", ")"}, {"(1+", ")"}, {"(", "+1+a+1)"}, {"(1&&", ")"}, {"(", "||0||0)"}, {"new f(", ")"},
	{"a[", "]"}, {"a?.[", "]?.b.c"}, {"(function(){return ", "})"}, {"(class{a=", "})"}, {"(class extends ", "{})"}, {"(()=>{{{let a=", "}}})"},
	{"(()=>{try{return ", "}finally{}})"}, {"(()=>{for(let a of ", ")if(a)break})"}, {"(()=>{switch(a){case ", ":}})"}, {"((a=", ")=>a)"},
	{"([a=", "]=a)"}, {"(()=>{x:while(", ")continue x})"}, {"a`${", "}`"}, {"({a(){label:if(1)return ", "}})"}, {"(function*(){yield ", "})"},
	{"(async()=>{await ", "})"}, {"(()=>{with(a)b(", ")})"},
}

// mix nests what is around at random, some of it deeper than the rest.
func mix(seed uint64) construct {
	return construct{name: fmt.Sprintf("mix of seed %d", seed), text: func(n int) string {
		random := rand.New(rand.NewPCG(seed, 0))
		few := make([][2]string, 1+random.IntN(8))
		for i := range few {
			few[i] = around[random.IntN(len(around))]
		}
		var head, tail []string
		for range n {
			pair := few[random.IntN(len(few))]
			head, tail = append(head, pair[0]), append(tail, pair[1])
		}
		var b strings.Builder
		b.WriteString(strings.Join(head, "") + "1")
		for i := range tail {
			b.WriteString(tail[len(tail)-1-i])
		}
		return b.String()
	}}
}

// constructs are what the bounds are tried with: everything at which the parser or the compiler recurses, goes back, or
// walks over what it walked over before.
var constructs = []construct{
	// Brackets and what holds them.
	{"parentheses", nest("(", "1", ")")},
	{"arrays", nest("[", "1", "]")},
	{"objects", nest("({a:", "1", "})")},
	{"objects with computed keys", nest("({[", "1", "]:1})")},
	{"calls in calls", nest("f(", "1", ")")},
	{"new in new", nest("new f(", "1", ")")},
	{"members in members", nest("a[", "1", "]")},
	{"templates", nest("`${", "1", "}`")},
	{"blocks", nest("{", "1", "}")},
	{"blocks with let", nest("{let a=1;", "a", "}")},
	{"functions", nest("(function(){", "", "})")},
	{"function declarations", nest("function f(){", "", "}")},
	{"async functions", nest("(async function(){", "", "})")},
	{"generators", nest("(function*(){", "", "})")},
	{"functions that return functions", nest("return function(){", "", "}")},
	{"arrows with blocks", nest("()=>{", "", "}")},
	{"arrows with brackets", nest("()=>(", "1", ")")},
	{"methods", nest("({a(){", "", "}})")},
	{"getters", nest("({get a(){", "", "}})")},
	{"classes", nest("(class{a(){", "", "}})")},
	{"class fields", nest("(class{a=", "1", "})")},
	{"class declarations", nest("class A{a(){", "", "}}")},
	{"static blocks", nest("(class{static{", "", "}})")},
	{"heritage", nest("(class extends ", "A", "{})")},
	{"heritage without brackets", nest("class A extends class extends ", "A", "{}{}")},
	{"computed class keys", nest("(class{[", "1", "](){}})")},
	{"spread", nest("[...", "[]", "]")},
	// Nesting without brackets.
	{"arrows", nest("a=>", "1", "")},
	{"async arrows", nest("async a=>", "1", "")},
	{"not", nest("!", "1", "")},
	{"minus", nest("- ", "1", "")},
	{"complement", nest("~", "a", "")},
	{"typeof", nest("typeof ", "a", "")},
	{"void", nest("void ", "1", "")},
	{"delete", nest("delete ", "a", "")},
	{"await", nest("await ", "1", "")},
	{"yield", repeated("function*f(){", "yield ", "1}")},
	{"new", nest("new ", "a", "")},
	{"ternary", nest("1?", "1", ":1")},
	{"ternary with a name", nest("a?1:", "1", "")},
	{"exponents", nest("1**", "1", "")},
	{"exponents of names", nest("a**", "a", "")},
	{"comparisons", nest("a<", "a", "")},
	{"in", nest("a in ", "a", "")},
	{"instanceof", nest("a instanceof ", "a", "")},
	{"assignments", nest("a=", "1", "")},
	{"compound assignments", nest("a+=", "1", "")},
	{"logical assignments", nest("a??=", "1", "")},
	{"if", nest("if(1)", "1", "")},
	{"if of names", nest("if(a)", "1", "")},
	{"else if", nest("if(a)1;else ", "1", "")},
	{"for", nest("for(;;)", "1", "")},
	{"for let", nest("for(let a=1;;)", "1", "")},
	{"for in", nest("for(a in a)", "1", "")},
	{"for const of", nest("for(const a of a)", "1", "")},
	{"while", nest("while(1)", "1", "")},
	{"while false", nest("while(0)", "1", "")},
	{"do", nest("do ", "1;", "while(1);")},
	{"with", nest("with(a)", "a", "")},
	{"labels", repeated("", "a@:", "1")},
	{"try", nest("try{", "", "}finally{}")},
	{"catch", nest("try{}catch(a){", "", "}")},
	{"finally", nest("try{}finally{", "", "}")},
	{"switch", nest("switch(a){case 1:", "", "}")},
	// Chains.
	{"sums of names", repeated("a", "+a", "")},
	{"sums of numbers", repeated("1", "+1", "")},
	{"sums of texts", repeated("'a'", "+'a'", "")},
	{"sums of a long text", func(n int) string { return "'" + strings.Repeat("x", 900_000) + "'" + strings.Repeat("+'a'", n) }},
	{"texts that grow from the right", func(n int) string {
		return strings.Repeat("'a'+(", n) + "'" + strings.Repeat("x", 900_000) + "'" + strings.Repeat(")", n)
	}},
	{"products", repeated("a", "*a", "")},
	{"shifts of BigInts", repeated("1n", "<<99999999n", "")},
	{"powers of BigInts", repeated("3n", "**9999n", "")},
	{"and", repeated("1", "&&1", "")},
	{"and of names", repeated("a", "&&a", "")},
	{"or", repeated("0", "||0", "")},
	{"coalesce", repeated("null", "??null", "")},
	{"or in brackets", nest("(", "0", "||0)")},
	{"or of not", nest("(!", "0", "||0)")},
	{"or to the right", nest("0||(", "0", ")")},
	{"sums to the right", nest("1+(", "1", ")")},
	{"conditions of conditions", nest("(", "a", "?1:1)")},
	{"equality", repeated("a", "==a", "")},
	{"sequence", repeated("a", ",a", "")},
	{"many sums", repeated("", "a"+strings.Repeat("+a", 4000)+";", "")},
	{"many sums of numbers", repeated("", "1"+strings.Repeat("+1", 4000)+";", "")},
	{"many member chains", repeated("", "a"+strings.Repeat(".b", 4000)+";", "")},
	{"many optional chains", repeated("", "a"+strings.Repeat("?.b", 2400)+";", "")},
	{"many minus chains", repeated("", strings.Repeat("- ", 950)+"1;", "")},
	{"many arrow chains", repeated("", strings.Repeat("a=>", 950)+"1;", "")},
	{"many block towers", repeated("", strings.Repeat("{", 950)+strings.Repeat("}", 950), "")},
	{"many array towers", repeated("", strings.Repeat("[", 950)+strings.Repeat("]", 950)+";", "")},
	{"members", repeated("a", ".b", "")},
	{"index", repeated("a", "[0]", "")},
	{"calls", repeated("a", "()", "")},
	{"method calls", repeated("a", ".b()", "")},
	{"optional members", repeated("a", "?.b", "")},
	{"optional calls", repeated("a", "?.()", "")},
	{"optional index", repeated("a", "?.[0]", "")},
	{"tagged templates", repeated("a", "``", "")},
}
