// Webhook serves scripts of customers over HTTP and calls them with curl: a signed webhook, an answer with headers, a method
// that nobody answers, a request that is repeated, and one that is answered before its script runs.
package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
)

const secret = "whsec_7f3a"

// paid checks the signature over the exact bytes of the body, before it believes any of it.
const paid = `
const { headers, bytes } = context.trigger.request;
const secret = new TextEncoder().encode(await context.secrets.get("WEBHOOK_SECRET"));
const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
const signature = Uint8Array.fromHex(headers["x-signature"] ?? "");
if (!await crypto.subtle.verify("HMAC", key, signature, bytes())) {
	return Response.json({ error: "bad signature" }, { status: 401 });
}
return Response.json({ accepted: input.order, cents: input.cents }, { status: 201, headers: { "x-order": input.order } });`

// receipt answers with bytes: a bitmap of one pixel.
const receipt = `
const pixel = new Uint8Array([66, 77, 30, 0, 0, 0, 0, 0, 0, 0, 26, 0, 0, 0, 12, 0, 0, 0, 1, 0, 1, 0, 1, 0, 24, 0, 0, 0, 255, 0]);
return { status: 200, headers: { "content-type": "image/bmp" }, body: pixel };`

const report = `return { orders: 3, for: input.month };`

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	tenant := uuid.New()
	rt, err := jsruntime.New(store.NewMemory(), vm.New(),
		jsruntime.WithSecrets(func(context.Context, uuid.UUID, string) (string, error) { return secret, nil }),
		jsruntime.WithRedactedHeaders("X-Signature"),
	)
	if err != nil {
		return err
	}
	if err := rt.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rt.Stop(ctx)) }()
	for _, s := range []jsruntime.Script{
		jsruntime.NewScript(tenant, "paid", paid, jsruntime.WithHTTP("/orders/paid", "POST")),
		jsruntime.NewScript(tenant, "receipt", receipt, jsruntime.WithHTTP("/receipts/{id}", "GET")),
		jsruntime.NewScript(tenant, "report", report, jsruntime.WithHTTP("/reports", "POST"), jsruntime.WithAsync(true)),
	} {
		if _, err := rt.Register(ctx, s); err != nil {
			return err
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	handler := rt.HTTPHandler(func(*http.Request) (uuid.UUID, error) { return tenant, nil })
	server := &http.Server{Handler: http.StripPrefix("/acme", handler), ReadTimeout: 10 * time.Second} // else a slow client holds a connection for ever
	go func() { _ = server.Serve(listener) }()
	defer func() { err = errors.Join(err, server.Shutdown(ctx)) }()
	return visit(ctx, out, "http://"+listener.Addr().String())
}

// visit calls the scripts, and prints what they answer.
func visit(ctx context.Context, out io.Writer, host string) error {
	const order = `{"order":"A-17","cents":4590}`
	signature := "X-Signature: " + hex.EncodeToString(mac([]byte(secret), []byte(order)))
	json := "Content-Type: application/json"
	location := ""
	for _, call := range []struct{ title, method, path, body, headers string }{
		{"a signed webhook", "POST", "/acme/orders/paid", order, json + "\n" + signature + "\nIdempotency-Key: event-1"},
		{"the same once more: its script does not run again", "POST", "/acme/orders/paid", order, json + "\n" + signature + "\nIdempotency-Key: event-1"},
		{"a forged one", "POST", "/acme/orders/paid", order + " ", json + "\n" + signature},
		{"a method that it does not have", "GET", "/acme/orders/paid", "", ""},
		{"bytes, of which HEAD tells the length", "HEAD", "/acme/receipts/7", "", ""},
		{"work that takes long", "POST", "/acme/reports", `{"month":"May"}`, json},
		{"what became of it", "GET", "", "", ""},
	} {
		if call.path == "" {
			call.path = location
		}
		answer, err := curl(ctx, call.method, host+call.path, call.body, strings.Split(call.headers, "\n"))
		for err == nil && call.path == location && strings.Contains(answer, "Retry-After") {
			time.Sleep(50 * time.Millisecond)
			answer, err = curl(ctx, call.method, host+call.path, "", nil)
		}
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "== %s: %s %s\n%s\n\n", call.title, call.method, call.path, answer)
		if _, after, ok := strings.Cut(answer, "Location: "); ok {
			location, _, _ = strings.Cut(after, "\n")
		}
	}
	return nil
}

// curl makes a request and returns the answer as it is on the wire, without what changes each time.
func curl(ctx context.Context, method, url, body string, headers []string) (string, error) {
	args := []string{"--silent", "--show-error", "--include", "--max-time", "10", "--request", method, url}
	if method == http.MethodHead {
		args = []string{"--silent", "--show-error", "--head", "--max-time", "10", url}
	}
	for _, header := range headers {
		args = append(args, "--header", header)
	}
	if body != "" {
		args = append(args, "--data-binary", body)
	}
	answer, err := exec.CommandContext(ctx, "curl", args...).Output()
	if errors.Is(err, exec.ErrNotFound) {
		return withoutCurl(ctx, method, url, body, headers)
	}
	lines := strings.Split(strings.ReplaceAll(string(answer), "\r\n", "\n"), "\n")
	kept := lines[:0]
	for _, line := range lines {
		if !strings.HasPrefix(line, "Date: ") && !strings.HasPrefix(line, "X-Content-Type-Options: ") && line != "" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n"), err
}

// withoutCurl makes the same request where curl is not installed.
func withoutCurl(ctx context.Context, method, url, body string, headers []string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return "", err
	}
	for _, header := range headers {
		if name, value, ok := strings.Cut(header, ": "); ok {
			r.Header.Set(name, value)
		}
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	var b bytes.Buffer
	fmt.Fprintf(&b, "(curl is not installed: this is net/http)\nHTTP/1.1 %s\n", answer.Status)
	answer.Header.Del("Date")
	if err := answer.Header.Write(&b); err != nil {
		return "", err
	}
	_, err = b.ReadFrom(answer.Body)
	return strings.ReplaceAll(b.String(), "\r\n", "\n"), err
}

// mac returns the signature of the webhook's sender.
func mac(key, data []byte) []byte {
	h := hmac.New(sha256.New, key)
	_, _ = h.Write(data)
	return h.Sum(nil)
}
