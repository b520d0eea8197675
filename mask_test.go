package jsruntime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/stretchr/testify/require"
)

// vault returns the option that gives every tenant the same secrets.
func vault(secrets map[string]string) jsruntime.Option {
	return jsruntime.WithSecrets(func(_ context.Context, _ uuid.UUID, name string) (string, error) {
		if secret, ok := secrets[name]; ok {
			return secret, nil
		}
		return "", jsruntime.ErrNotFound
	})
}

// leaks is a script that reads secrets and leaves what leave makes of them.
func leaks(t *testing.T, names []string, leave func(secrets []string) jsruntime.Result) func(context.Context, jsruntime.Job) jsruntime.Result {
	return func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
		var secrets []string
		for _, name := range names {
			secret, err := job.Host.Call(ctx, jsruntime.SecretsGet, []any{name})
			require.NoError(t, err)
			secrets = append(secrets, secret.(string))
		}
		return leave(secrets)
	}
}

func TestSecretsAreMaskedInTheOutput(t *testing.T) {
	const pem = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w\r\n\t\"quoted\" \\ 'too'\n-----END KEY-----\n"
	w := startedWorld(t, vault(map[string]string{
		"key": "sk_live_4242", "longer": "sk_live_4242_and_more", "pem": pem, "euro": "€uro & <söhne>", "pin": "123", "aaaa": "aaaa",
	}))
	asJSON := func(v any) string {
		raw, err := json.Marshal(v)
		require.NoError(t, err)
		return string(raw)
	}
	for name, test := range map[string]struct {
		names  []string
		output string
		want   string
	}{
		"as it is":                {[]string{"key"}, `"sk_live_4242"`, `"***"`},
		"within texts":            {[]string{"key"}, `["Bearer sk_live_4242.", "sk_live_4242sk_live_4242"]`, `["Bearer ***.","***"]`},
		"in names":                {[]string{"key"}, `{"sk_live_4242": {"a": 1}}`, `{"***":{"a":1}}`},
		"the longest first":       {[]string{"key", "longer"}, `"a sk_live_4242_and_more b"`, `"a *** b"`},
		"where they overlap":      {[]string{"key", "aaaa"}, `"aaaaaaask_live_4242, aaa"`, `"***, aaa"`},
		"with escapes":            {[]string{"key"}, `"\u0073k\u005flive_4242 \n \u00e9"`, `"*** \n é"`},
		"with escapes elsewhere":  {[]string{"key"}, `["\\", "\"", "sk_live_4242\\"]`, `["\\","\"","***\\"]`},
		"with lines":              {[]string{"pem"}, asJSON("a" + pem + "b"), `"a***b"`},
		"with lines in JSON":      {[]string{"pem"}, asJSON(asJSON(map[string]string{"k": pem})), `"{\"k\":\"***\"}"`},
		"a line of several":       {[]string{"pem"}, `"MIIEvQIBADANBgkqhkiG9w"`, `"***"`},
		"with other letters":      {[]string{"euro"}, `["€uro & <söhne>", "\u20acuro \u0026 \u003cs\u00f6hne>"]`, `["***","***"]`},
		"for others' HTML":        {[]string{"euro"}, asJSON(asJSON("€uro & <söhne>")), `"\"***\""`},
		"not where they are read": {[]string{"key"}, `{"n": 4242, "s": "sk_live"}`, `{"n":4242,"s":"sk_live"}`},
		"not short ones":          {[]string{"pin"}, `"123"`, `"123"`},
		"nor unread ones":         {nil, `"sk_live_4242"`, `"sk_live_4242"`},
	} {
		t.Run(name, func(t *testing.T) {
			w.fake.on(name, leaks(t, test.names, func([]string) jsruntime.Result { return jsruntime.Result{Output: []byte(test.output)} }))
			e, err := w.Execute(t.Context(), w.tenant, w.active(name).ID(), nil)
			require.NoError(t, err)
			require.JSONEq(t, test.want, string(e.Record().Output))
			require.JSONEq(t, test.want, string(w.execution(e.ID()).Record().Output))
		})
	}
}

func TestSecretsAreMaskedInTheErrorAndTheLog(t *testing.T) {
	w := startedWorld(t, vault(map[string]string{"key": "it's\n\"sk_live\""}))
	w.fake.on("x", leaks(t, []string{"key"}, func(secrets []string) jsruntime.Result {
		key := secrets[0]
		return jsruntime.Result{
			Err: fmt.Errorf("executor: %w", &jsruntime.ScriptError{
				Kind: jsruntime.FailureException, Message: "Error: no " + key, Stack: "Error: no " + key + "\n  at 1:1",
			}),
			Logs: []jsruntime.LogEntry{{Level: jsruntime.LogInfo, Message: "key " + key}, {Message: `{ k: 'it\'s\n"sk_live"' }`}, {Message: "no key"}},
		}
	}))
	e, err := w.Execute(t.Context(), w.tenant, w.active("x").ID(), nil)
	require.NoError(t, err)
	require.Equal(t, "Error: no ***", e.Failure().Message)
	require.Equal(t, "Error: no ***\n  at 1:1", e.Failure().Stack)
	logs, err := w.Logs(t.Context(), w.tenant, e.ID())
	require.NoError(t, err)
	require.Equal(t, []string{"key ***", "{ k: '***' }", "no key"}, []string{logs[0].Message, logs[1].Message, logs[2].Message})
	require.Equal(t, "Error: no ***", w.execution(e.ID()).Failure().Message)
	require.Contains(t, string(w.events.of(t, jsruntime.EventExecutionFailed).Payload), "no ***")
}

func TestWhatAFunctionMasksIsMaskedInItsErrorToo(t *testing.T) {
	w := startedWorld(t, jsruntime.WithFunction("login", func(_ context.Context, call jsruntime.FunctionCall) (any, error) {
		call.Mask("t0ken-1")
		if call.Arg(0) == "fail" {
			return nil, fmt.Errorf("token t0ken-1: %w", jsruntime.ErrRateLimit)
		}
		return "t0ken-1", nil
	}))
	w.fake.on("x", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
		_, err := job.Host.Call(ctx, "login", []any{"fail"})
		require.EqualError(t, err, "token ***: api call rate limit exceeded")
		require.ErrorIs(t, err, jsruntime.ErrRateLimit)
		token, err := job.Host.Call(ctx, "login", nil)
		require.NoError(t, err)
		require.Equal(t, "t0ken-1", token, "the script gets it as it is")
		return jsruntime.Result{Output: []byte(`"t0ken-1"`)}
	})
	output, err := w.Call(t.Context(), w.tenant, w.active("x").Name(), nil)
	require.NoError(t, err)
	require.Equal(t, "***", output)
	jsruntime.FunctionCall{}.Mask("of no execution")
}

func TestSecretsAreMaskedInTheHTTPAnswer(t *testing.T) {
	w := startedWorld(t, vault(map[string]string{"key": "sk_live_4242", "base": "c2tf"}))
	handler := w.HTTPHandler(func(*http.Request) (uuid.UUID, error) { return w.tenant, nil })
	for path, test := range map[string]struct{ output, want string }{
		"/text":   {`{"status":200,"headers":{"x-key":"sk_live_4242"},"body":"sk_live_4242!"}`, "***!"},
		"/object": {`{"status":200,"headers":{"x-key":"sk_live_4242"},"body":{"a":"sk_live_4242"}}`, `{"a":"***"}`},
		"/bytes":  {`{"status":200,"headers":{"x-key":"sk_live_4242"},"body":"c2tfbGl2ZV80MjQyIQD/","encoding":"base64"}`, "***!\x00\xff"},
	} {
		w.fake.on(path, leaks(t, []string{"key", "base"}, func([]string) jsruntime.Result { return jsruntime.Result{Output: []byte(test.output)} }))
		w.active(path, jsruntime.WithHTTP(path, "GET"))
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, path, nil))
		require.Equal(t, 200, answer.Code)
		require.Equal(t, test.want, answer.Body.String())
		require.Equal(t, "***", answer.Header().Get("X-Key"))
	}
}

func TestMoreSecretsThanAnExecutionMayHaveAreNotGiven(t *testing.T) {
	w := startedWorld(t, vault(map[string]string{"a": strings.Repeat("a", 60<<10), "b": strings.Repeat("b", 10<<10)}))
	w.fake.on("x", func(ctx context.Context, job jsruntime.Job) jsruntime.Result {
		_, err := job.Host.Call(ctx, jsruntime.SecretsGet, []any{"a"})
		_, again := job.Host.Call(ctx, jsruntime.SecretsGet, []any{"a"})
		require.NoError(t, errors.Join(err, again))
		_, err = job.Host.Call(ctx, jsruntime.SecretsGet, []any{"b"})
		require.EqualError(t, err, "the secrets of an execution must be at most 65536 bytes")
		return jsruntime.Result{Output: []byte(`null`)}
	})
	_, err := w.Execute(t.Context(), w.tenant, w.active("x").ID(), nil)
	require.NoError(t, err)
}

func TestSecretsAreMaskedAsTheConsoleAndErrorsShowThem(t *testing.T) {
	for _, secret := range []string{
		"sk_live_4242", "it's", `say "it"`, `it's "both"`, "a\\b'c", "first line\r\nsecond\tline\n", "söhne & <töchter> \u2028", "nul\x00\x1f",
		"not \xff\xfe UTF-8",
	} {
		rt, stop := started(vault(map[string]string{"key": secret}))
		_, err := rt.Register(t.Context(), jsruntime.NewScript(tenant, "x", `
			const key = await context.secrets.get("key")
			console.log("a", key, [key], { key, "with both": "'" + key + '"', "with one": "'" + key })
			console.log(JSON.stringify({ key }), new Map([[key, new Set([key])]]), new Error(key).message)
			if (input.fail) throw new TypeError(key)
			return [key, JSON.stringify({ key }), { [key]: key }]`))
		require.NoError(t, err)
		e, err := rt.Call(t.Context(), tenant, "x", nil)
		require.NoError(t, err)
		require.Equal(t, []any{"***", `{"key":"***"}`, map[string]any{"***": "***"}}, e)
		_, err = rt.Call(t.Context(), tenant, "x", map[string]any{"fail": true})
		var failure *jsruntime.ScriptError
		require.ErrorAs(t, err, &failure)
		require.Equal(t, "TypeError: ***", failure.Message)
		require.NotContains(t, failure.Stack, secret)
		logs, err := rt.Logs(t.Context(), tenant, failure.ExecutionID)
		require.NoError(t, err)
		stop()
		shown := strings.NewReplacer(`"`, "'", `\'`, "'").Replace(logs[0].Message)
		require.Equal(t, "a *** [ '***' ] { key: '***', 'with both': ''***'', 'with one': ''***' }", shown)
		shown = strings.ReplaceAll(logs[1].Message, `"`, "'")
		require.Equal(t, "{'key':'***'} Map { '***' => Set { '***' } } ***", shown)
	}
}
