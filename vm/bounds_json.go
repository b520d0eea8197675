package vm

// checkJSONDepth reports whether the arrays and objects of a JSON text are at most so many inside one another. Where
// the text is not valid the answer is about what a reader that goes from left to right sees before it stops.
func checkJSONDepth(text string, most int) bool {
	depth := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '[', '{':
			depth++
			if depth > most {
				return false
			}
		case ']', '}':
			depth--
		case '"':
			for i++; i < len(text) && text[i] != '"'; i++ {
				if text[i] == '\\' {
					i++
				}
			}
		}
	}
	return true
}
