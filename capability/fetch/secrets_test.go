package fetch_test

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/fetch"
)

// hiding is the secrets of every tenant.
func hiding(secrets map[string]fetch.Secret) fetch.Option {
	return fetch.HiddenSecrets(func(_ context.Context, _ uuid.UUID, name string) (fetch.Secret, error) {
		secret, ok := secrets[name]
		if !ok {
			return secret, jsruntime.ErrNotFound
		}
		return secret, nil
	})
}

// echoing answers with the header X, or redirects to the query's to.
func echoing(w http.ResponseWriter, r *http.Request) {
	if to := r.URL.Query().Get("to"); to != "" {
		http.Redirect(w, r, to, http.StatusTemporaryRedirect)
		return
	}
	io.WriteString(w, strings.Join(r.Header.Values("X"), "|"))
}

func TestHiddenSecretsTakeTheirPlaceholdersPlace(t *testing.T) {
	secure := serveTLS(t, nil, echoing)
	here := []string{"127.0.0.1"}
	r := newRealm(t, opened(t, secure.URL), rootsOf(secure), hiding(map[string]fetch.Secret{
		"KEY":   {Value: "sk-live-1", Hosts: here},
		"USER":  {Value: "ann", Hosts: here},
		"a.b-c": {Value: "{{KEY}}", Hosts: here},
	}))
	basic := func(text string) string { return "Basic " + base64.StdEncoding.EncodeToString([]byte(text)) }
	for value, want := range map[string]string{
		"Bearer {{KEY}}":               "Bearer sk-live-1",
		"{{KEY}}{{USER}}, {{KEY}}":     "sk-live-1ann, sk-live-1",
		"{{a.b}}":                      "",
		"no placeholder } }} {":        "no placeholder } }} {",
		"{{}}KEY}}":                    "{{KEY}}",
		"{{}}{{}}{{KEY}}":              "{{{{sk-live-1",
		"Basic {{base64:USER:KEY}}":    basic("ann:sk-live-1"),
		"Basic {{base64:KEY:}}":        basic("sk-live-1:"),
		"Basic {{base64::KEY}}":        basic(":sk-live-1"),
		"Basic {{base64:KEY}}":         basic("sk-live-1"),
		"{{a.b-c}}":                    "{{KEY}}",
		strings.Repeat("{{USER}}", 16): strings.Repeat("ann", 16),
	} {
		if want == "" {
			require.EqualError(t, r.failure(secure.URL, withHeader("X", value)), "fetch: header x: secret a.b: not found")
			continue
		}
		require.Equal(t, want, r.text(secure.URL, withHeader("X", value)))
	}
	for value, want := range map[string]string{
		"{{KEY":                  "must have }} after {{; write {{}} for {{ itself",
		"{{{KEY}}":               "must have the name of a secret between {{ and }}; write {{}} for {{ itself",
		"{{ KEY }}":              "must have the name of a secret between {{ and }}; write {{}} for {{ itself",
		"{{base64:}}":            "must have the name of one secret or two after base64: in a placeholder",
		"{{base64:KEY:KEY:KEY}}": "must have the name of one secret or two after base64: in a placeholder",
	} {
		require.EqualError(t, r.failure(secure.URL, withHeader("X", value)), "fetch: header x: "+want)
	}
}

func TestARequestIsBoundedWithTheSecretsInIt(t *testing.T) {
	var asked atomic.Int64
	secure := serveTLS(t, nil, echoing)
	r := newRealm(t, opened(t, secure.URL), rootsOf(secure),
		fetch.HiddenSecrets(func(context.Context, uuid.UUID, string) (fetch.Secret, error) {
			asked.Add(1)
			return fetch.Secret{Value: strings.Repeat("x", 5000), Hosts: []string{"127.0.0.1"}}, nil
		}))
	require.EqualError(t, r.failure(secure.URL, withHeader("A", strings.Repeat("{{KEY}}", 13)), withHeader("B", "{{KEY}}")),
		"fetch: headers: must be at most 65536 bytes together, with the secrets in them")
	asked.Store(0)
	settings := []setting{withHeader("X", strings.Repeat("{{}}", 16))}
	for range 1000 {
		settings = append(settings, withHeader("X", "{{KEY}}"))
	}
	require.EqualError(t, r.failure(secure.URL, settings...), "fetch: headers: must have at most 16 placeholders together")
	require.EqualError(t, r.failure(secure.URL, settings[1:]...), "fetch: headers: must be at most 65536 bytes together, with the secrets in them")
	require.LessOrEqual(t, asked.Load(), int64(16), "a request asks the application a few times only")
}

func TestWithoutHiddenSecretsAPlaceholderIsRefusedAndNotSent(t *testing.T) {
	at, open := serve(t, echoing)
	r := newRealm(t, open)
	require.Equal(t, "{{KEY}} {{", r.text(at, withHeader("X", "{{}}KEY}} {{}}")))
	for _, value := range []string{"Bearer {{KEY}}", "{{base64:USER:KEY}}"} {
		err := r.failure(at, withHeader("X", value))
		require.EqualError(t, err, "fetch: header x: no hidden secrets are granted; write {{}} for {{ itself")
		require.ErrorIs(t, err, fetch.ErrNotAllowed)
	}
	require.EqualError(t, r.failure(at, withHeader("X", "{{KEY")), "fetch: header x: must have }} after {{; write {{}} for {{ itself")
}

func TestASecretWhoseHostsAreNoneIsNotSent(t *testing.T) {
	for _, entry := range []string{"", "https://127.0.0.1"} {
		var told error
		r := newRealm(t, fetch.OnRequest(func(report fetch.Report) { told = report.Err }),
			hiding(map[string]fetch.Secret{"KEY": {Value: "sk-live-1", Hosts: []string{"127.0.0.1", entry}}}))
		require.EqualError(t, r.failure("https://127.0.0.1", withHeader("X", "{{KEY}}")),
			"fetch: header x: secret KEY: the list of its hosts has an entry that is not a host")
		require.ErrorContains(t, told, strconv.Quote(entry)+" is not a host")
	}
}

func TestAHiddenSecretGoesToItsOwnHostsOnly(t *testing.T) {
	secure := serveTLS(t, nil, echoing)
	for _, hosts := range [][]string{nil, {"api.stripe.com"}, {"*"}, {"*:" + portOf(secure.URL)}, {"127.0.0.1:443"}} {
		r := newRealm(t, opened(t, secure.URL), rootsOf(secure),
			hiding(map[string]fetch.Secret{"KEY": {Value: "sk-live-1", Hosts: hosts}}))
		err := r.failure(secure.URL, withHeader("X", "{{KEY}}"))
		require.EqualError(t, err, "fetch: header x: secret KEY must not be sent to "+strings.TrimPrefix(secure.URL, "https://"))
		require.ErrorIs(t, err, fetch.ErrNotAllowed)
	}
}

func TestARedirectTakesNoHiddenSecretAlong(t *testing.T) {
	secure := serveTLS(t, nil, echoing)
	second := serveTLS(t, nil, echoing)
	plain, openPlain := serve(t, echoing)
	r := newRealm(t, opened(t, secure.URL), opened(t, second.URL), openPlain, rootsOf(secure, second),
		hiding(map[string]fetch.Secret{"KEY": {Value: "sk-live-1", Hosts: []string{"127.0.0.1"}}}))
	secret := withHeader("X", "{{KEY}}")
	require.Equal(t, "sk-live-1", r.text(secure.URL+"/?to=/", secret), "within its origin it goes along")
	require.Empty(t, r.text(secure.URL+"/?to="+second.URL, secret))
	require.EqualError(t, r.failure(secure.URL+"/?to="+plain, secret),
		"fetch: redirected from https to http, with a hidden secret in the header x")
}

func TestAHiddenSecretGoesOverPlainHTTPToPrivateServicesOnly(t *testing.T) {
	at, open := serve(t, echoing)
	secrets := hiding(map[string]fetch.Secret{"KEY": {Value: "sk-live-1", Hosts: []string{"127.0.0.1", "*.test", "8.8.8.8"}}})
	resolver := names(t, func(string) []string { return []string{"8.8.8.8"} })
	r := newRealm(t, open, secrets, resolver)
	require.Equal(t, "sk-live-1", r.text(at, withHeader("X", "{{KEY}}")))
	for _, host := range []string{"public.test", "8.8.8.8"} {
		err := r.failure("http://"+host+"/", withHeader("X", "{{KEY}}"))
		require.EqualError(t, err, "fetch: header x: a hidden secret must be sent over https")
	}
	require.EqualError(t, newRealm(t, secrets).failure("http://8.8.8.8/", withHeader("X", "{{KEY}}")),
		"fetch: header x: secret KEY must be sent over https")
}

func TestNoErrorHoldsAHiddenSecret(t *testing.T) {
	const value = "sk-live-\r\n1"
	here := []string{"example.com"}
	cause := errors.New("vault: token sk-live-vault")
	r := newRealm(t, fetch.HiddenSecrets(func(_ context.Context, _ uuid.UUID, name string) (fetch.Secret, error) {
		if name == "BROKEN" {
			return fetch.Secret{}, cause
		}
		return fetch.Secret{Value: value, Hosts: here}, nil
	}))
	require.EqualError(t, r.failure("https://example.com", withHeader("X", "{{KEY}}")), "fetch: header x: secret KEY has a value that a header cannot hold")
	require.EqualError(t, r.failure("https://example.com", withHeader("X", "{{BROKEN}}")), "fetch: header x: secret BROKEN: internal error")
	require.EqualError(t, r.failure("https://example.org", withHeader("X", "{{KEY}}")), "fetch: header x: secret KEY must not be sent to example.org")
}
