package jsruntime_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The root package is the domain and its ports: beyond the standard library it needs ids, a cron parser and a diff,
// each without dependencies of its own. An engine, a database or a driver must never come in.
func TestTheRootPackageDependsOnNoEngineAndNoDatabase(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".").Output()
	require.NoError(t, err)
	allowed := []string{
		"github.com/jsruntime/jsruntime",
		"github.com/jsruntime/jsruntime/internal/stack",
		"github.com/jsruntime/jsruntime/scheduler",
		"github.com/google/uuid",
		"github.com/robfig/cron/v3",
		"github.com/aymanbagabas/go-udiff",
		"github.com/aymanbagabas/go-udiff/lcs",
	}
	require.ElementsMatch(t, allowed, strings.Fields(string(out)))
}
