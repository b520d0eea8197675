package vm

import "testing"

func TestL(t *testing.T) {
	if layoutError != nil {
		t.Fatal(layoutError)
	}
	t.Log(len(slots))
}
