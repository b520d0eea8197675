package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTheQuickstartPrintsWhatTheREADMEShows(t *testing.T) {
	var out strings.Builder
	require.NoError(t, run(t.Context(), &out))
	results, record, found := strings.Cut(out.String(), "\n\n")
	require.True(t, found)
	require.Equal(t, strings.Join([]string{
		`pricing rule:    12 lamps cost {"discount":0.15,"totalCents":46818}`,
		`order webhook:   201 Created {"accepted":"lamp","shop":"north"}`,
		`order.paid:      Thank you for order 10361, Fjord AS!`,
		`revenue report:  {"best":["GB 27404.30","FR 22934.20","NL 19108.80"],"orders":217}`,
	}, "\n"), results)
	for _, row := range []string{
		`pricing +api +completed +1 +\S+ +0`,
		`order webhook +http +completed +1 +\S+ +0\n  info: order for 12 lamp`,
		`thank the customer +event +completed +1 +\S+ +0\n  info: mail to Fjord AS`,
		`revenue report +cron +completed +1 +\S+ +1`,
	} {
		require.Regexp(t, row, record)
	}
}
