package fetch_test

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/google/uuid"

	"github.com/jsruntime/jsruntime"
	"github.com/jsruntime/jsruntime/capability/fetch"
	"github.com/jsruntime/jsruntime/store"
	"github.com/jsruntime/jsruntime/vm"
)

func ExampleGrant() {
	keys := map[string]fetch.Secret{
		"STRIPE_KEY": {Value: "sk_live_...", Hosts: []string{"api.stripe.com"}}, // the application's vault, by tenant
	}
	rt, err := jsruntime.New(store.NewMemory(), vm.New(), fetch.Grant(
		fetch.AllowHosts(func(context.Context, uuid.UUID) ([]string, error) {
			return []string{"api.stripe.com", "*.example.com", "billing.internal:8080"}, nil
		}),
		fetch.AllowPrivate(netip.MustParsePrefix("10.20.0.0/16")), // where billing.internal is
		fetch.AllowPorts(8080),
		fetch.HiddenSecrets(func(_ context.Context, _ uuid.UUID, name string) (fetch.Secret, error) {
			key, ok := keys[name]
			if !ok {
				return key, jsruntime.ErrNotFound
			}
			return key, nil
		}),
		fetch.OnRequest(func(r fetch.Report) { fmt.Println(r.TenantID, r.Method, r.URL, r.Status, r.Err) }),
	))
	if err != nil {
		fmt.Println(err)
		return
	}
	// A script now may say:
	//
	//	await fetch("https://api.stripe.com/v1/charges", {headers: {authorization: "Bearer {{STRIPE_KEY}}"}})
	fmt.Println(rt != nil)
	// Output: true
}
