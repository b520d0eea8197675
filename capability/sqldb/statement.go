package sqldb

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/jsruntime/jsruntime"
)

// statement is what a script wants to be done.
type statement struct {
	text        string
	params      []any
	transaction string // "" for none
}

// What a statement may begin with.
var (
	readingWords = []string{"SELECT", "WITH", "VALUES", "EXPLAIN"}
	writingWords = []string{"INSERT", "UPDATE", "DELETE", "MERGE", "REPLACE"}
)

// statementOf returns what the arguments of a call say. The text is not checked yet.
func (d *database) statementOf(call jsruntime.FunctionCall) (statement, error) {
	text, ok := call.Arg(0).(string)
	if !ok {
		return statement{}, invalid("sql", "must be a string")
	}
	params, err := d.params(call.Arg(1))
	if err != nil {
		return statement{}, err
	}
	id, ok := call.Arg(2).(string)
	if call.Arg(2) != nil && !ok {
		return statement{}, errNotOpen
	}
	return statement{text: text, params: params, transaction: id}, nil
}

// check refuses a text that is not one statement of a kind that is allowed.
func (d *database) check(text string, readOnly bool) error {
	switch {
	case len(text) > d.limits.StatementBytes:
		return invalid("sql", "must be at most %d bytes, is %d", d.limits.StatementBytes, len(text))
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return invalid("sql", "must be valid Unicode without NUL")
	}
	allowed := slices.Concat(readingWords, d.words)
	if !readOnly {
		allowed = slices.Concat(readingWords, writingWords, d.words)
	}
	for _, r := range readings {
		first, one, err := r.statement(text)
		switch {
		case err != nil:
			return invalid("sql", "%v", err)
		case first == "" && !one:
			return invalid("sql", "must be a statement")
		case !one:
			return invalid("sql", "must be one statement, without a semicolon in it; pass texts as parameters")
		case !slices.Contains(allowed, first):
			return invalid("sql", "must begin with one of %s", strings.Join(allowed, ", "))
		}
	}
	return nil
}
