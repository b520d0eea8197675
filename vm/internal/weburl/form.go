package weburl

import (
	"iter"
	"strings"
)

// Form goes over the names and values of a text of https://url.spec.whatwg.org/#urlencoded-parsing. They may be no UTF-8.
func Form(text string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for pair := range strings.SplitSeq(text, "&") {
			if pair == "" {
				continue
			}
			name, value, _ := strings.Cut(pair, "=")
			if !yield(formDecode(name), formDecode(value)) {
				return
			}
		}
	}
}

func formDecode(text string) string { return decode(strings.ReplaceAll(text, "+", " ")) }

// formSet is https://url.spec.whatwg.org/#application-x-www-form-urlencoded-percent-encode-set, but for the space.
var formSet = userinfoSet.with("!$%&'()+,~", 0)

// FormEncode returns a name or a value as it stands in a text of https://url.spec.whatwg.org/#urlencoded-serializing.
func FormEncode(text string) string { return strings.ReplaceAll(encode(text, formSet), "%20", "+") }
