package jsruntime

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// randomText returns a text of few different letters, so that texts overlap and hold one another.
func randomText(r *rand.Rand, most int) string {
	var b strings.Builder
	for range 1 + r.IntN(most) {
		b.WriteByte("aab\"\\n"[r.IntN(6)])
	}
	return b.String()
}

func TestAMatcherFindsWhatASearchForEachTextFinds(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	r := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		var texts []string
		for range 1 + r.IntN(5) {
			texts = append(texts, randomText(r, 6))
		}
		text := randomText(r, 40)
		covered := make([]bool, len(text)+1)
		for _, wanted := range texts {
			for i := range text {
				if strings.HasPrefix(text[i:], wanted) {
					for j := range wanted {
						covered[i+j] = true
					}
				}
			}
		}
		want, within := "", false
		for i := range text {
			switch {
			case !covered[i]:
				want += text[i : i+1]
			case !within:
				want += MaskedText
			}
			within = covered[i]
		}
		m := newMatcher(texts)
		require.Equal(t, want, m.mask(text), "seed %d: %q in %q", seed, texts, text)

		raw, err := json.Marshal(map[string]any{text: []string{text, "c"}})
		require.NoError(t, err)
		masked, err := json.Marshal(map[string]any{want: []string{want, "c"}})
		require.NoError(t, err)
		require.JSONEq(t, string(masked), string(m.maskJSON(raw)), "seed %d: %q in %q", seed, texts, text)
	}
}

func TestAMatcherTakesATimeThatDependsOnTheTextOnly(t *testing.T) {
	// each of these would take hours if every place of the text were compared with every text
	texts := []string{strings.Repeat("a", 60<<10) + "b"}
	for i := range 3000 {
		texts = append(texts, strings.Repeat("a", i%50)+string(rune('A'+i%26))+strings.Repeat("c", 4))
	}
	m := newMatcher(texts)
	text := strings.Repeat("a", 4<<20)
	require.Equal(t, text, m.mask(text))
	m = newMatcher([]string{strings.Repeat("a", 60<<10)})
	require.Equal(t, MaskedText, m.mask(text))
}
