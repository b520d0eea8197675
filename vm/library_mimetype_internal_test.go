package vm

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAMIMETypeIsWhatTheHeadersSayTogether(t *testing.T) {
	for header, want := range map[string]string{
		``:                                     ``,
		`text`:                                 ``,
		`text/`:                                ``,
		`/html`:                                ``,
		`text/ht ml`:                           ``,
		` Text/HTML ; Charset=UTF-8 `:          `text/html;charset=UTF-8`,
		`text/html;charset="gbk"x`:             `text/html;charset=gbk`,
		`text/html;a;=b;c=;d=e`:                `text/html;d=e`,
		`text/html;a="";a=b`:                   `text/html;a=""`,
		`text/html;a="b\"c\d";e=f g`:           `text/html;a="b\"cd";e="f g"`,
		`text/html;a="b`:                       `text/html;a=b`,
		`text/html;a="b\`:                      `text/html;a="b\\"`,
		"text/html;a=\u0100;b=\u00ff;c=d\x01e": "text/html;b=\"\u00ff\"",
		`text/html;a="b,c", text/plain`:        `text/plain`,
		`text/html;charset=a, text/html`:       `text/html;charset=a`,
		`text/html;charset=a, text/html;b=c`:   `text/html;b=c;charset=a`,
		`text/html;charset=a, text/plain`:      `text/plain`,
		`text/html, */*`:                       `text/html`,
		`text/html, nonsense, "`:               `text/html`,
		`"a,b", text/html`:                     `text/html`,
	} {
		assert.Equal(t, want, extractMIMEType(header).String(), header)
	}
}

func FuzzAMIMETypeThatWasWrittenIsReadAsItself(f *testing.F) {
	f.Add(`text/html;a="b\"c\d";e=f g`)
	f.Add(`a/b;c=",", d/e`)
	f.Fuzz(func(t *testing.T, header string) {
		once, ok := parseMIMEType(strings.ToValidUTF8(header, ""))
		if !ok {
			return
		}
		twice, ok := parseMIMEType(once.String())
		assert.True(t, ok)
		assert.Equal(t, once, twice)
	})
}
