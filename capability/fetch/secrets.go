package fetch

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/net/http/httpguts"

	"github.com/jsruntime/jsruntime"
)

// Secret is a value that a tenant's scripts may send without seeing it.
type Secret struct {
	// Value is what takes the placeholder's place: bytes that a header can hold.
	Value string
	// Hosts are those to which it may be sent, written as in [HostsFunc], where "*" is none: a secret for any host is one
	// for the script's own. Whoever runs them can hand the value to the script, and so can a page of theirs that shows the
	// headers of its request.
	Hosts []string
}

// SecretsFunc returns a tenant's secret by its name, for a placeholder in the value of a request's header: "Bearer
// {{STRIPE_KEY}}" is sent with the value of the secret STRIPE_KEY, and "Basic {{base64:USER:PASSWORD}}" with base64 of the
// values of both and a colon between them, where an empty name stands for nothing, as in {{base64:API_KEY:}}. Names are
// letters, digits and _.- after a letter or _, at most 100 bytes. Wherever {{ is in a header's value, it begins a
// placeholder; {{}} stands for {{ itself. A request has at most 16 of them, and at most 64 KiB of headers with the values in
// them. Without [HiddenSecrets] the same holds, and every name is refused: no server gets a placeholder for a key.
//
// The secret is sent to its own hosts only, over https or to an address of [AllowPrivate]; not on to another origin by a
// redirect; and it is masked in what the execution leaves behind, so that a script can tell whether a guess of it was right: a
// value should be too long to be guessed. An error that matches [jsruntime.ErrNotFound] says that
// there is no such secret; of another one the script learns nothing.
type SecretsFunc func(ctx context.Context, tenantID uuid.UUID, name string) (Secret, error)

const maxPlaceholders = 16

var secretName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.-]{0,99}$`)

// reveal puts the values of secrets where the headers of a request have placeholders.
func (c *client) reveal(ctx context.Context, x *exchange, call jsruntime.FunctionCall, req *request) error {
	if !hasPlaceholders(req.header) {
		return nil
	}
	ctx, done := x.asking(ctx)
	defer done()
	req.header, req.shared = req.header.Clone(), false
	t := template{client: c, call: call, req: req}
	size := 0
	for _, name := range sortedNames(req.header) {
		t.field = "header " + strings.ToLower(name)
		for i, value := range req.header[name] {
			before := t.secrets
			expanded, err := t.expand(ctx, value)
			if err != nil {
				return err
			}
			if size += headerSize(name, expanded); size > maxHeaderBytes {
				return invalid("headers", "must be at most %d bytes together, with the secrets in them", maxHeaderBytes)
			}
			req.header[name][i] = expanded
			if t.secrets > before {
				req.hidden = append(req.hidden, name)
			}
		}
	}
	return nil
}

// hasPlaceholders reports whether reveal has anything to do, which is also to refuse what comes to be too large.
func hasPlaceholders(header http.Header) bool {
	size := 0
	for name, values := range header {
		for _, value := range values {
			if strings.Contains(value, "{{") {
				return true
			}
			size += headerSize(name, value)
		}
	}
	return size > maxHeaderBytes
}

// template is a request's headers while their placeholders are replaced.
type template struct {
	client       *client
	call         jsruntime.FunctionCall
	req          *request
	field        string // the header whose turn it is
	placeholders int    // that were found
	secrets      int    // that were put in
}

func (t *template) expand(ctx context.Context, value string) (string, error) {
	var b strings.Builder
	for ; ; t.placeholders++ {
		text, rest, found := strings.Cut(value, "{{")
		b.WriteString(text)
		if !found {
			return b.String(), nil
		}
		inner, rest, closed := strings.Cut(rest, "}}")
		switch {
		case !closed:
			return "", invalid(t.field, "must have }} after {{; write {{}} for {{ itself")
		case t.placeholders == maxPlaceholders:
			return "", invalid("headers", "must have at most %d placeholders together", maxPlaceholders)
		}
		replacement, err := t.replace(ctx, inner)
		if err != nil {
			return "", err
		}
		b.WriteString(replacement)
		value = rest
	}
}

// replace returns what stands for a placeholder.
func (t *template) replace(ctx context.Context, inner string) (string, error) {
	if inner == "" {
		return "{{", nil
	}
	list, encoded := strings.CutPrefix(inner, "base64:")
	if !encoded {
		return t.secret(ctx, inner)
	}
	names := strings.Split(list, ":")
	if len(names) > 2 || strings.Trim(list, ":") == "" {
		return "", invalid(t.field, "must have the name of one secret or two after base64: in a placeholder")
	}
	for i, name := range names {
		if name == "" {
			continue
		}
		value, err := t.secret(ctx, name)
		if err != nil {
			return "", err
		}
		names[i] = value
	}
	value := base64.StdEncoding.EncodeToString([]byte(strings.Join(names, ":")))
	t.call.Mask(value)
	return value, nil
}

// secret returns the value of a secret that may be sent where the request goes.
func (t *template) secret(ctx context.Context, name string) (string, error) {
	if !secretName.MatchString(name) {
		return "", invalid(t.field, "must have the name of a secret between {{ and }}; write {{}} for {{ itself")
	}
	if t.client.secrets == nil {
		return "", failed(ErrNotAllowed, "%s: no hidden secrets are granted; write {{}} for {{ itself", t.field)
	}
	secret, err := t.client.secrets(ctx, t.call.TenantID, name)
	switch {
	case ctx.Err() != nil:
		return "", ended(context.Cause(ctx))
	case errors.Is(err, jsruntime.ErrNotFound):
		return "", failedBy(err, ErrNotAllowed, "%s: secret %s: not found", t.field, name)
	case err != nil:
		return "", failedBy(err, ErrInternal, "%s: secret %s: internal error", t.field, name)
	}
	t.call.Mask(secret.Value)
	hosts, err := hostPatterns(secret.Hosts)
	hosts = slices.DeleteFunc(hosts, func(p hostPattern) bool { return p.host == "" })
	u := t.req.url
	switch {
	case err != nil:
		return "", failedBy(err, ErrInternal, "%s: secret %s: the list of its hosts has an entry that is not a host", t.field, name)
	case !matchesHost(hosts, u):
		return "", failed(ErrNotAllowed, "%s: secret %s must not be sent to %s", t.field, name, u.Host)
	case u.Scheme != "https" && len(t.client.private) == 0:
		return "", failed(ErrNotAllowed, "%s: secret %s must be sent over https", t.field, name)
	case !httpguts.ValidHeaderFieldValue(secret.Value):
		return "", failed(ErrNotAllowed, "%s: secret %s has a value that a header cannot hold", t.field, name)
	}
	t.secrets++
	return secret.Value, nil
}
