// Fetch lets a customer's script import orders from a service: with a key that the script never sees, from where it stopped the
// last time, and from nowhere else.
package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/fetch"
	"github.com/jsruntime/jsruntime/capability/kv"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
)

// imports asks for what is new since the last run, and takes note of how far it came.
const imports = `
const url = new URL("/orders", input.service);
url.searchParams.set("after", await kv.get("cursor") ?? 0);
const response = await fetch(url, {
	headers: { authorization: "Bearer {{SHOP_KEY}}" },
	signal: AbortSignal.timeout(5000),
});
if (!response.ok) throw new Error("the shop answered " + response.status);
const orders = await response.json();
if (orders.length > 0) await kv.set("cursor", orders.at(-1).id);
console.log("%d new orders", orders.length);
return { imported: orders.length, cents: orders.reduce((sum, order) => sum + order.cents, 0) };`

// attack goes where a script must not.
const attack = `
const attempts = ["http://169.254.169.254/latest/meta-data/", "http://localhost:22/", "https://example.org/"];
return Promise.all(attempts.map((url) => fetch(url).then((r) => r.text(), (error) => error.message)));`

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	report := log.New(out, "", 0) // requests are reported as they end, several at once
	shop := httptest.NewServer(http.HandlerFunc(serveOrders))
	defer shop.Close()
	address := netip.MustParseAddrPort(shop.Listener.Addr().String())

	tenant := uuid.New()
	rt, err := jsruntime.New(store.NewMemory(), vm.New(),
		kv.Grant(kv.NewMemory()),
		fetch.Grant(
			fetch.AllowHosts(func(context.Context, uuid.UUID) ([]string, error) { return []string{address.String()}, nil }),
			fetch.AllowPrivate(netip.PrefixFrom(address.Addr(), address.Addr().BitLen())), // the shop of this example runs here
			fetch.AllowPorts(address.Port()),
			fetch.HiddenSecrets(func(_ context.Context, _ uuid.UUID, name string) (fetch.Secret, error) {
				if name != "SHOP_KEY" {
					return fetch.Secret{}, jsruntime.ErrNotFound
				}
				return fetch.Secret{Value: shopKey, Hosts: []string{address.String()}}, nil
			}),
			fetch.OnRequest(func(r fetch.Report) { report.Printf("  %s %d, %d bytes", r.Method, r.Status, r.ResponseBytes) }),
		),
	)
	if err != nil {
		return err
	}
	if err := rt.Start(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rt.Stop(ctx)) }()
	for name, source := range map[string]string{"import": imports, "attack": attack} {
		if _, err := rt.Register(ctx, jsruntime.NewScript(tenant, name, source)); err != nil {
			return err
		}
	}
	for _, name := range []string{"import", "import", "attack"} {
		report.Println(name)
		output, err := rt.Call(ctx, tenant, name, map[string]any{"service": shop.URL})
		if err != nil {
			return err
		}
		report.Printf("  %v", output)
	}
	return nil
}

const shopKey = "sk_5b1c90"

// serveOrders is the shop: it has two orders, for who knows the key.
func serveOrders(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "Bearer "+shopKey {
		http.Error(w, "who are you?", http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if r.URL.Query().Get("after") == "0" {
		_, _ = io.WriteString(w, `[{"id":17,"cents":4590},{"id":18,"cents":1200}]`)
		return
	}
	_, _ = io.WriteString(w, `[]`)
}
