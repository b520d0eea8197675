package vm

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// brokenVariable tells a test that it is the process in which broken texts are tried.
const brokenVariable = "VM_BROKEN_CHILD"

// TestBrokenTextsAreReadInTime breaks texts of every construct, which the engine's parser would go on behind.
func TestBrokenTextsAreReadInTime(t *testing.T) {
	all := tryInChild(t, brokenVariable)
	slowest := measured{}
	for _, m := range all {
		if m.Time > slowest.Time {
			slowest = m
		}
		if !racing {
			require.Less(t, m.Time, m.allowed(), m.Name)
			require.Less(t, m.Stack, uint64(mostStack), m.Name)
		}
	}
	t.Logf("%d texts, the slowest: %+v", len(all), slowest)
}

func tryBroken() error {
	if !racing {
		debug.SetMaxStack(mostStack)
	}
	seed, _ := strconv.ParseUint(os.Getenv(seedVariable), 10, 64)
	random := rand.New(rand.NewPCG(seed, 0))
	for i, c := range append(append([]construct{}, constructs...), wide...) {
		if racing && i%share != 0 {
			continue
		}
		for _, n := range []int{5, 40, 300, 20_000} {
			text := breakText(random, c.text(n))
			if len(text) > maxSourceBytes {
				continue
			}
			m := measured{Name: fmt.Sprintf("%s, %d, seed %d", c.name, n, seed), Bytes: len(text)}
			m.take(text)
			if err := m.print(); err != nil {
				return err
			}
		}
	}
	return nil
}

// breakText puts something where it does not belong, takes something away, or both.
func breakText(random *rand.Rand, text string) string {
	const found = "0=;if;return;@;`;${;/;);];};({[;...;=>;yield ;async;'\n;*/;/*;//;.;++;1=function(){return ;a:a:;break x;\n;super;,;:;?"
	wrong := strings.Split(found, ";")
	for range 1 + random.IntN(3) {
		at := random.IntN(len(text) + 1)
		end := at
		if random.IntN(3) == 0 {
			end = min(at+1, len(text))
		}
		text = strings.ToValidUTF8(text[:at]+wrong[random.IntN(len(wrong))]+text[end:], "")
	}
	return text
}
