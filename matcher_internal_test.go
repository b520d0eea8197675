package jsruntime

import (
	"encoding/base64"
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

// FuzzMask masks any text in any JSON: what was JSON stays JSON of the same shape, and its strings are masked.
func FuzzMask(f *testing.F) {
	f.Add([]byte(`{"k\u0065y":["a\nkey\u0079",{"":1e400}],"key":null}`), "key")
	f.Add([]byte(`{"status":200,"headers":{"key":"a"},"body":"a2V5","encoding":"base64"}`), "key")
	f.Add([]byte(`"\ud800\"\\"`), `"\`)
	f.Fuzz(func(t *testing.T, raw []byte, secret string) {
		var before any
		if secret == "" || strings.Contains(secret, "*") || strings.ContainsRune(secret, '\uFFFD') || checkJSON("raw", raw) != nil || json.Unmarshal(raw, &before) != nil {
			return
		}
		m := newMatcher([]string{secret})
		masked := m.maskJSON(raw)
		var after any
		require.NoError(t, json.Unmarshal(masked, &after))
		if _, ok := parseAnswer(raw); !ok {
			requireMasked(t, before, after, m)
			return
		}
		for name, value := range before.(map[string]any) {
			if name != "encoding" {
				requireMasked(t, value, after.(map[string]any)[name], m)
			}
		}
	})
}

func requireMasked(t *testing.T, before, after any, m *matcher) {
	switch before := before.(type) {
	case string:
		if m.mask(before) != after {
			content, err := base64.StdEncoding.DecodeString(before) // of an answer
			require.NoError(t, err)
			require.Equal(t, base64.StdEncoding.EncodeToString([]byte(m.mask(string(content)))), after)
		}
	case []any:
		require.Len(t, after, len(before))
		for i := range before {
			requireMasked(t, before[i], after.([]any)[i], m)
		}
	case map[string]any:
		for name := range before {
			require.Contains(t, after, m.mask(name))
		}
	default:
		require.Equal(t, before, after)
	}
}
