package fetch_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/jsruntime/jsruntime/isolate"
)

func TestMain(m *testing.M) {
	isolate.Main()
	goleak.VerifyTestMain(m)
}
