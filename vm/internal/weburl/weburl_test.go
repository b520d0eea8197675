package weburl_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime/vm/internal/weburl"
)

func TestURLsAreParsedAsBrowsersParseThem(t *testing.T) {
	for _, c := range []struct{ text, base, want string }{
		{"https://example.com", "", "https://example.com/"},
		{" \x00https://EXAMPLE.com:443/a b\n/c?d e#f g\t ", "", "https://example.com/a%20b/c?d%20e#f%20g"},
		{"http:\\\\user:p@w@host:8080\\x\\..\\y", "", "http://user:p%40w@host:8080/y"},
		{"//other/x", "https://example.com/a", "https://other/x"},
		{"https:x", "https://example.com/a/b", "https://example.com/a/x"},
		{"/x?y", "https://u:p@example.com:1/a/b?c#d", "https://u:p@example.com:1/x?y"},
		{"?y", "https://example.com/a/b?c#d", "https://example.com/a/b?y"},
		{"#y", "https://example.com/a/b?c#d", "https://example.com/a/b?c#y"},
		{"", "https://example.com/a/b?c#d", "https://example.com/a/b?c"},
		{"../../../x/./%2e%2E/y/..", "https://example.com/a/b/c", "https://example.com/"},
		{"https://faß.example/é?é#é", "", "https://xn--fa-hia.example/%C3%A9?%C3%A9#%C3%A9"},
		{"https://a%41.example", "", "https://aa.example/"},
		{"http://0x7F.1", "", "http://127.0.0.1/"},
		{"http://4294967295", "", "http://255.255.255.255/"},
		{"http://[1:0:0:2::0.0.0.3]:80/", "", "http://[1:0:0:2::3]/"},
		{"http://[::ffff:1.2.3.4]", "", "http://[::ffff:102:304]/"},
		{"file:///C|/a/../..", "", "file:///C:/"},
		{"/x", "file:///C:/a", "file:///C:/x"},
		{"D|/x", "file:///C:/a", "file:///D:/x"},
		{"file://localhost/x", "", "file:///x"},
		{"\\\\host\\x", "file:///C:/a", "file://host/x"},
		{"data:a b ?c", "", "data:a b%20?c"},
		{"foo:/.//x", "", "foo:/.//x"},
		{"foo://h é/x^|", "", ""},
		{"foo://hé/x^|", "", "foo://h%C3%A9/x%5E|"},
		{"foo://h", "", "foo://h"},
		{"x", "", ""},
		{"x", "data:a", ""},
		{"#x", "data:a", "data:a#x"},
		{"http://", "", ""},
		{"http://@/x", "", ""},
		{"http://a b", "", ""},
		{"http://a:65536", "", ""},
		{"http://a:b", "", ""},
		{"http://1.2.3.256", "", ""},
		{"http://256.256.256.256.256", "", ""},
		{"http://a.08", "", ""},
		{"http://[::1", "", ""},
		{"http://[fe80::1%25eth0]", "", ""},
		{"http://[1.2.3.4]", "", ""},
		{"http://xn--a", "", ""},
		{"http://\xFF", "", ""},
		{"http://%00", "", ""},
	} {
		u, ok := parse(c.text, c.base)
		require.Equal(t, c.want != "", ok, "%q with base %q", c.text, c.base)
		if ok {
			require.Equal(t, c.want, u.Href(), "%q with base %q", c.text, c.base)
		}
	}
}

func parse(text, base string) (*weburl.URL, bool) {
	if base == "" {
		return weburl.Parse(text, nil)
	}
	b, ok := weburl.Parse(base, nil)
	if !ok {
		return nil, false
	}
	return weburl.Parse(text, b)
}

func TestAURLTellsItsParts(t *testing.T) {
	u, ok := parse("https://u:p@example.com:8080/a/b?c#d", "")
	require.True(t, ok)
	assert.Equal(t, []string{"https://example.com:8080", "https:", "u", "p", "example.com:8080", "example.com", "8080", "/a/b", "?c", "#d"},
		[]string{u.Origin(), u.Protocol(), u.Username(), u.Password(), u.Host(), u.Hostname(), u.Port(), u.Pathname(), u.Search(), u.Hash()})
	for text, origin := range map[string]string{
		"blob:https://a:1/x": "https://a:1", "blob:file:///x": "null", "blob:blob:https://a": "null", "file:///x": "null", "data:x": "null", "ws://a": "ws://a",
	} {
		u, ok := parse(text, "")
		require.True(t, ok)
		assert.Equal(t, origin, u.Origin(), text)
	}
}

func TestAPartIsSetWhereTheValueIsOneForIt(t *testing.T) {
	for _, c := range []struct{ href, part, value, want string }{
		{"https://a/x", "protocol", "http:more", "http://a/x"},
		{"https://a/x", "protocol", "foo", "https://a/x"},
		{"https://a:80/x", "protocol", "http", "http://a/x"},
		{"https://u@a/x", "protocol", "file", "https://u@a/x"},
		{"https://a/x", "username", "ü:", "https://%C3%BC%3A@a/x"},
		{"https://a/x", "password", "p", "https://:p@a/x"},
		{"file:///x", "username", "u", "file:///x"},
		{"https://a:1/x", "host", "b:2/y", "https://b:2/x"},
		{"https://a:1/x", "host", "b:2y", "https://b:2/x"},
		{"https://a:1/x", "host", "b:99999", "https://b:1/x"},
		{"https://a:1/x", "host", "b c", "https://a:1/x"},
		{"https://a:1/x", "hostname", "b", "https://b:1/x"},
		{"https://a:1/x", "hostname", "b:2", "https://a:1/x"},
		{"https://a:1/x", "hostname", "", "https://a:1/x"},
		{"foo://a:1/x", "hostname", "", "foo://a:1/x"},
		{"foo://a/x", "hostname", "", "foo:///x"},
		{"file:///x", "host", "b", "file://b/x"},
		{"data:x", "host", "b", "data:x"},
		{"https://a/x", "port", "8080x", "https://a:8080/x"},
		{"https://a:1/x", "port", "x", "https://a:1/x"},
		{"https://a:1/x", "port", "", "https://a/x"},
		{"https://a/x", "pathname", "b?#/../c", "https://a/c"},
		{"https://a/x", "pathname", "", "https://a/"},
		{"foo://a/x", "pathname", "", "foo://a"},
		{"foo:/a", "pathname", "//b", "foo:/.//b"},
		{"data:x", "pathname", "y", "data:x"},
		{"https://a/x?y", "search", "", "https://a/x"},
		{"https://a/x?y", "search", "?", "https://a/x?"},
		{"https://a/x", "search", "b'#\n", "https://a/x?b%27%23"},
		{"https://a/x", "hash", "##b", "https://a/x##b"},
		{"https://a/x#y", "hash", "", "https://a/x"},
		{"https://a/x", "hash", strings.Repeat("é", 1<<19-9), "https://a/x"},
	} {
		u, ok := parse(c.href, "")
		require.True(t, ok)
		u.Set(c.part, c.value)
		require.Equal(t, c.want, u.Href(), "%s of %s", c.part, c.href)
	}
}

func TestAFormIsReadAndWritten(t *testing.T) {
	var got []string
	for name, value := range weburl.Form("a=1&&b=%41+c%2&=&d&e=f=g%") {
		got = append(got, name, value)
	}
	assert.Equal(t, []string{"a", "1", "b", "A c%2", "", "", "d", "", "e", "f=g%"}, got)
	assert.Equal(t, "a*-._0Z+%2B%25%20%E2%82%AC%7E%27%28%29%21", strings.ReplaceAll(weburl.FormEncode("a*-._0Z +%\x00€~'()!"), "%00", "%20"))
}

func TestNoTextTakesLong(t *testing.T) {
	const n = 1<<20 - 16
	for _, text := range []string{
		"http://" + strings.Repeat("@", n), "http://" + strings.Repeat("a:", n/2), "http://a/" + strings.Repeat("a/", n/2),
		"http://a/" + strings.Repeat("a/", n/4) + strings.Repeat("../", n/6), "http://a/" + strings.Repeat("é", n/8), "http://" + strings.Repeat("界", n/3),
		"http://xn--" + strings.Repeat("a", n), "http://" + strings.Repeat("xn--a.", n/6), "http://" + strings.Repeat("1.", n/2), "http://[" + strings.Repeat("1:", n/2) + "]",
		"http://a:" + strings.Repeat("0", n), strings.Repeat("blob:", n/5), strings.Repeat(" ", n), "http://a?" + strings.Repeat("%", n), "http://" + strings.Repeat("%41", n/3),
	} {
		begin := time.Now()
		if u, ok := parse(text, ""); ok {
			assert.NotEmpty(t, u.Href())
			assert.NotEmpty(t, u.Origin())
		}
		assert.Less(t, time.Since(begin), time.Second, "%.20s", text) // 20 ms or less; what is quadratic takes minutes
	}
	_, ok := parse("http://a/"+strings.Repeat("a", 1<<20), "")
	assert.False(t, ok, "a URL is bounded")
}

func FuzzWhatIsParsedAndSetParsesAgain(f *testing.F) {
	f.Add("https://u:p@a.example:1/b/../c?d#e", "file:///C:/a", "host", "b:2")
	f.Add("..//x", "foo:/a", "pathname", "//y")
	f.Add("a b ?c", "data:x ", "search", "")
	f.Fuzz(func(t *testing.T, text, base, part, value string) {
		u, ok := parse(text, base)
		if !ok {
			return
		}
		again, ok := weburl.Parse(u.Href(), nil)
		require.True(t, ok, u.Href())
		require.Equal(t, u.Href(), again.Href())
		u.Set(part, value)
		again, ok = weburl.Parse(u.Href(), nil)
		require.True(t, ok, u.Href())
		require.Equal(t, u.Href(), again.Href())
	})
}
