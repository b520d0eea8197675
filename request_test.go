package jsruntime_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/jsruntime/jsruntime"
	"github.com/stretchr/testify/require"
)

// form returns a multipart form and its content type.
func form(t *testing.T, write func(w *multipart.Writer)) (body, contentType string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	write(w)
	require.NoError(t, w.Close())
	return b.String(), w.FormDataContentType()
}

func TestAMultipartFormBecomesFieldsAndFiles(t *testing.T) {
	body, contentType := form(t, func(w *multipart.Writer) {
		require.NoError(t, w.WriteField("name", "Ada"))
		require.NoError(t, w.WriteField("tag", "a"))
		require.NoError(t, w.WriteField("tag", "b"))
		require.NoError(t, w.WriteField("__proto__", "\xff"))
		f, err := w.CreateFormFile("text", `C:\docs\é.txt`)
		require.NoError(t, err)
		_, _ = io.WriteString(f, "hello")
		f, err = w.CreateFormFile("image", "a/b.png")
		require.NoError(t, err)
		_, _ = io.WriteString(f, "\x89PNG")
		_, err = w.CreateFormFile("none", "")
		require.NoError(t, err)
	})
	w := startedWorld(t)
	w.active("x", jsruntime.WithHTTP("/"))
	answer, _ := send(t, "POST", w.serve()+"/", body, "Content-Type", contentType)
	require.Equal(t, 200, answer.StatusCode)
	const want = `{"name": "Ada", "tag": ["a", "b"], "__proto__": "\ufffd",
		"text": {"filename": "é.txt", "contentType": "application/octet-stream", "size": 5, "text": "hello"},
		"image": {"filename": "b.png", "contentType": "application/octet-stream", "size": 4, "base64": "iVBORw=="},
		"none": {"filename": "", "contentType": "application/octet-stream", "size": 0, "text": ""}}`
	job := w.fake.seen()[0]
	require.JSONEq(t, want, string(job.Input))
	payload, err := json.Marshal(job.Context.Trigger.Payload)
	require.NoError(t, err)
	require.JSONEq(t, want, string(payload))
	require.Equal(t, body, string(job.Context.Trigger.Request.Body()))
	stored := w.executions(jsruntime.ExecutionFilter{})[0]
	require.Equal(t, body, string(stored.TriggerData().Request.Body()))
}

func TestABodyThatCannotBeUsedIsRefused(t *testing.T) {
	const multi = "multipart/form-data; boundary=b"
	many, manyType := form(t, func(w *multipart.Writer) {
		for range 1001 {
			require.NoError(t, w.WriteField("a", ""))
		}
	})
	part := func(header string) string { return "--b\r\n" + header + "\r\n\r\nx\r\n--b--\r\n" }
	w := startedWorld(t, jsruntime.WithMaxRequestBytes(200_000))
	w.active("x", jsruntime.WithHTTP("/"))
	address := w.serve() + "/"
	for name, test := range map[string]struct {
		contentType, coding, body string
		status                    int
	}{
		"gzip":                           {"application/json", "gzip", "{}", 415},
		"identity":                       {"application/json", "identity", "{}", 200},
		"a malformed content type":       {"text/", "", "x", 400},
		"json in another charset":        {"application/json; charset=latin1", "", "{}", 415},
		"json in UTF-8":                  {"application/json; charset=UTF-8", "", "{}", 200},
		"json that is not UTF-8":         {"application/json", "", `{"a":"` + "\xff" + `"}`, 400},
		"json with half a surrogate":     {"application/json", "", `{"a":"\ud800"}`, 200},
		"json that is too deep":          {"application/json", "", strings.Repeat("[", 1001) + strings.Repeat("]", 1001), 400},
		"json that is deep":              {"application/json", "", strings.Repeat("[", 1000) + strings.Repeat("]", 1000), 200},
		"json with a huge number":        {"application/json", "", `{"a":1e400}`, 400},
		"json with a long number":        {"application/json", "", `{"a":` + strings.Repeat("9", 300) + `}`, 200},
		"json with a name twice":         {"application/json", "", `{"a":1,"a":2}`, 200},
		"two json values":                {"application/json", "", `{}{}`, 400},
		"form in another charset":        {"application/x-www-form-urlencoded; charset=latin1", "", "a=1", 415},
		"form with too many fields":      {"application/x-www-form-urlencoded", "", strings.Repeat("a&", 1000) + "a", 400},
		"form with as many as there may": {"application/x-www-form-urlencoded", "", strings.Repeat("a&", 999) + "a", 200},
		"form with odd bytes":            {"application/x-www-form-urlencoded", "", "%ff=%fe", 200},
		"text in another charset":        {"text/plain; charset=latin1", "", "\xe9", 200},
		"multipart without boundary":     {"multipart/form-data", "", "x", 400},
		"multipart that is none":         {multi, "", "x", 400},
		"multipart that ends too soon":   {multi, "", "--b\r\nContent-Disposition: form-data; name=a\r\n\r\nx", 400},
		"multipart without a name":       {multi, "", part("Content-Disposition: form-data"), 400},
		"multipart that is no form":      {multi, "", part("Content-Disposition: attachment; name=a"), 400},
		"multipart with a long header":   {multi, "", part("Content-Disposition: form-data; name=a\r\nX: " + strings.Repeat("x", 9000)), 400},
		"multipart with odd headers":     {multi, "", part("x"), 400},
		"multipart":                      {multi, "", part("Content-Disposition: form-data; name=a"), 200},
		"multipart with too many parts":  {manyType, "", many, 400},
		"another multipart":              {"multipart/mixed; boundary=b", "", "x", 200},
		"at the limit":                   {"text/plain", "", strings.Repeat("x", 200_000), 200},
		"over the limit":                 {"text/plain", "", strings.Repeat("x", 200_001), 413},
	} {
		t.Run(name, func(t *testing.T) {
			headers := []string{"Content-Type", test.contentType}
			if test.coding != "" {
				headers = append(headers, "Content-Encoding", test.coding)
			}
			before := len(w.executions(jsruntime.ExecutionFilter{}))
			answer, body := send(t, "POST", address, test.body, headers...)
			require.Equal(t, test.status, answer.StatusCode, body)
			if test.status == 415 && test.coding != "" {
				require.Equal(t, "identity", answer.Header.Get("Accept-Encoding"))
			}
			if all := w.executions(jsruntime.ExecutionFilter{}); test.status == 200 {
				require.Len(t, all, before+1, "what reaches a script reaches the record")
				require.Equal(t, test.body, string(all[0].TriggerData().Request.Body()))
			} else {
				require.Len(t, all, before)
				require.Contains(t, body, `{"error":`)
			}
		})
	}
}

// raw sends bytes over a connection of its own, and returns the answers to them.
func raw(t *testing.T, address, request string) []answered {
	t.Helper()
	u, err := url.Parse(address)
	require.NoError(t, err)
	conn, err := net.Dial("tcp", u.Host)
	require.NoError(t, err)
	defer conn.Close()
	_, err = io.WriteString(conn, request)
	require.NoError(t, err)
	r := bufio.NewReader(conn)
	var all []answered
	for {
		answer, err := http.ReadResponse(r, nil)
		if err != nil {
			return all
		}
		_, _ = io.Copy(io.Discard, answer.Body)
		require.NoError(t, answer.Body.Close())
		all = append(all, answered{answer.StatusCode, answer.Header})
		if answer.Close {
			return all
		}
	}
}

func TestOddRequestsOnTheWireAreAnswered(t *testing.T) {
	w := startedWorld(t, jsruntime.WithMaxRequestBytes(10))
	w.active("x", jsruntime.WithHTTP("/x"))
	w.active("y", jsruntime.WithHTTP("/dir/"))
	address := w.serve()
	const closing = "Host: h\r\nConnection: close\r\n"
	for name, test := range map[string]struct {
		request string
		want    []int
	}{
		"a length over the limit, before the body": {"POST /x HTTP/1.1\r\n" + closing + "Content-Length: 1000000\r\nExpect: 100-continue\r\n\r\n", []int{413}},
		"chunks over the limit":                    {"POST /x HTTP/1.1\r\n" + closing + "Transfer-Encoding: chunked\r\n\r\n6\r\n123456\r\n6\r\n123456\r\n0\r\n\r\n", []int{413}},
		"chunks":                                   {"POST /x HTTP/1.1\r\n" + closing + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n0\r\n\r\n", []int{200}},
		"a chunk that is none":                     {"POST /x HTTP/1.1\r\n" + closing + "Transfer-Encoding: chunked\r\n\r\nzz\r\n", []int{400}},
		"a body is asked for":                      {"POST /x HTTP/1.1\r\n" + closing + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\nab", []int{100, 200}},
		"two after one another":                    {"GET /x HTTP/1.1\r\nHost: h\r\n\r\nGET /none HTTP/1.1\r\n" + closing + "\r\n", []int{200, 404}},
		"the absolute form":                        {"GET http://other/x HTTP/1.1\r\n" + closing + "\r\n", []int{200}},
		"a path to clean":                          {"GET /a/../x HTTP/1.1\r\n" + closing + "\r\n", []int{307}},
		"a missing slash":                          {"GET /dir HTTP/1.1\r\n" + closing + "\r\n", []int{307}},
		"a path of slashes":                        {"GET //dir HTTP/1.1\r\n" + closing + "\r\n", []int{307}},
		"an old protocol":                          {"GET /x HTTP/1.0\r\n\r\n", []int{200}},
		"a method of its own":                      {"FROB /x HTTP/1.1\r\n" + closing + "\r\n", []int{200}},
		"a header with odd bytes":                  {"GET /x?%ff=%fe;a HTTP/1.1\r\n" + closing + "X: \xff\r\n\r\n", []int{200}},
		"a header in several lines of its own":     {"GET /x HTTP/1.1\r\n" + closing + "X: a\r\nX: b\r\n\r\n", []int{200}},
	} {
		t.Run(name, func(t *testing.T) {
			var got []int
			for _, a := range raw(t, address, test.request) {
				got = append(got, a.StatusCode)
				location := a.Header.Get("Location")
				require.False(t, strings.HasPrefix(location, "//") || strings.Contains(location, "://"), location)
			}
			require.Equal(t, test.want, got)
		})
	}
}

func TestAnAnswerHasWhatHTTPAsksFor(t *testing.T) {
	w := startedWorld(t)
	for path, output := range map[string]string{
		"large":   fmt.Sprintf(`{"status":200,"body":%q}`, strings.Repeat("x", 200_000)),
		"bytes":   `{"status":200,"body":"AP8=","encoding":"base64"}`,
		"nothing": `null`,
		"204":     `{"status":204,"body":"dropped"}`,
		"205":     `{"status":205,"body":"dropped"}`,
		"304":     `{"status":304,"headers":{"etag":"\"1\""},"body":"dropped"}`,
		"cookies": `{"status":200,"headers":{"set-cookie":["a=1","b=2"]}}`,
	} {
		w.fake.on(path, returns(output))
		w.active(path, jsruntime.WithHTTP("/"+path))
	}
	address := w.serve()
	for request, want := range map[string][]any{
		"GET /large":    {200, "200000", "text/plain; charset=utf-8", 200_000},
		"HEAD /large":   {200, "200000", "text/plain; charset=utf-8", 0},
		"GET /bytes":    {200, "2", "application/octet-stream", 2},
		"GET /nothing":  {204, "", "", 0},
		"GET /204":      {204, "", "", 0},
		"GET /205":      {205, "0", "", 0},
		"GET /304":      {304, "", "", 0},
		"HEAD /304":     {304, "", "", 0},
		"GET /cookies":  {200, "0", "", 0},
		"HEAD /cookies": {200, "0", "", 0},
	} {
		t.Run(request, func(t *testing.T) {
			method, path, _ := strings.Cut(request, " ")
			answer, body := send(t, method, address+path, "")
			require.Equal(t, want, []any{answer.StatusCode, answer.Header.Get("Content-Length"), answer.Header.Get("Content-Type"), len(body)})
			require.Equal(t, "nosniff", answer.Header.Get("X-Content-Type-Options"))
			if path == "/cookies" {
				require.Equal(t, []string{"a=1", "b=2"}, answer.Header.Values("Set-Cookie"))
			}
		})
	}
}

func TestHeadersThatAreNotTheScriptsAreRefused(t *testing.T) {
	w := startedWorld(t)
	w.active("x", jsruntime.WithHTTP("/"))
	address := w.serve()
	for _, header := range []string{
		"connection", "Keep-Alive", "proxy-authenticate", "Proxy-Connection", "TE", "trailer", "Upgrade", "content-length",
		"transfer-encoding", "jsruntime-anything", "JSRUNTIME-EXECUTION-ID", "idempotency-replayed", "", "a:b", "a\n",
		"x-accel-redirect", "X-Accel-Buffering", "x-sendfile", "X-LIGHTTPD-send-file", "X-Reproxy-URL",
	} {
		output, err := json.Marshal(map[string]any{"status": 200, "headers": map[string]any{header: "x"}, "body": "secret"})
		require.NoError(t, err)
		w.fake.on("x", returns(string(output)))
		answer, body := send(t, "GET", address, "")
		require.Equal(t, 500, answer.StatusCode, header)
		require.NotContains(t, body, "secret")
		require.NotEqual(t, "x", answer.Header.Get(jsruntime.ExecutionIDHeader))
	}
	many := map[string]any{}
	for i := range 101 {
		many[fmt.Sprint("x-", i)] = "v"
	}
	for _, headers := range []map[string]any{many, {"x": strings.Repeat("x", 17<<10)}} {
		output, err := json.Marshal(map[string]any{"status": 200, "headers": headers})
		require.NoError(t, err)
		w.fake.on("x", returns(string(output)))
		answer, _ := send(t, "GET", address, "")
		require.Equal(t, 500, answer.StatusCode)
	}
}

func TestRequestsThatWaitHoldNoMoreThanTheirBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := startedWorld(t, jsruntime.WithMaxConcurrentRuns(1))
		g := newGated()
		w.fake.on("slow", g.run)
		w.active("slow", jsruntime.WithHTTP("/"))
		body := "[" + strings.Repeat(`{"a":0},`, 50_000) + "0]" // whose values take some 20 MB
		heap := func() int64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		before := heap()
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() { w.ask("POST", "/", body, "Content-Type", "application/json") })
		}
		synctest.Wait()
		require.Less(t, heap()-before, int64(100<<20))
		close(g.release)
		all.Wait()
		payload, ok := w.fake.seen()[0].Context.Trigger.Payload.(json.RawMessage)
		require.True(t, ok)
		require.True(t, bytes.Equal(payload, []byte(body)))
		stored, ok := w.executions(jsruntime.ExecutionFilter{})[0].TriggerData().Payload.([]any)
		require.True(t, ok)
		require.Len(t, stored, 50_001)
	})
}
