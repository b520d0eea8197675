package vm_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// update adds the outcomes that were seen to the expected ones. A script that may end in more than one way collects
// them over several runs.
var update = flag.Bool("update", false, "add the outcomes of hostile scripts to testdata/hostile/index.tsv")

const (
	hostileFolder = "testdata/hostile/"
	hostileIndex  = hostileFolder + "index.tsv"
)

// hostileScript is a line of the index. Scripts of more than 4 KB have no file, see largeScripts.
type hostileScript struct {
	file     string
	category string
	attack   string
	expected string // outcomes, with | between those that are all right; empty when nobody said yet
	plain    string // what the script does to the plain engine
}

// Every script runs in a process of its own. It must not kill it, nor hold it up, nor fill it, nor go on behind the
// answer. The short form takes a fixed sample; HOSTILE=all takes all of them, without margin for a busy machine.
func TestHostileScriptsAreContained(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute; run it without -short, or all of it with make hostile")
	}
	all := os.Getenv("HOSTILE") == "all"
	m := shortMargins()
	if all {
		m = fullMargins()
	}
	seen := &outcomes{kinds: map[string][]string{}}
	t.Run("scripts", func(t *testing.T) {
		for i, s := range readIndex(t) {
			if all || i%6 == 0 || strings.Contains(s.plain, "KILLS-PROCESS") {
				t.Run(s.file, func(t *testing.T) {
					t.Parallel()
					seen.add(s, tryHostile(t, s, m))
				})
			}
		}
	})
	t.Log(seen.summary())
	if all {
		require.LessOrEqual(t, seen.late(0.99), 50*time.Millisecond)
	}
	if *update {
		seen.write(t)
	}
}

// tryHostile runs a script, twice when the first time looks as if the machine was busy.
func tryHostile(t *testing.T, s hostileScript, m margins) verdict {
	v := runHostile(t, s, m)
	if v.late() && m.again {
		v = runHostile(t, s, m)
	}
	if len(v.broken) > 0 {
		t.Errorf("%s (%s): %s: %s", s.attack, s.category, strings.Join(v.broken, ", "), v.detail)
	} else if !*update && s.expected != "" && !slices.Contains(strings.Split(s.expected, "|"), v.outcome) {
		t.Errorf("%s: ended as %s, expected %s: %s", s.attack, v.outcome, s.expected, v.detail)
	}
	return v
}

// margins are the bounds of a contained script.
type margins struct {
	late      time.Duration // the answer, after the time limit
	bystander time.Duration // another run right after
	watch     time.Duration // how long the process is watched after the answer
	cpu       time.Duration // that it may use meanwhile
	memory    int           // MiB that the process may grow
	again     bool          // what was late may try again
}

func fullMargins() margins {
	return margins{late: 500 * time.Millisecond, bystander: 500 * time.Millisecond, watch: 400 * time.Millisecond, cpu: 200 * time.Millisecond, memory: 192}
}

// shortMargins are wide enough for a machine with two busy processors, and under the race detector.
func shortMargins() margins {
	return margins{late: 2 * time.Second, bystander: 2 * time.Second, watch: 400 * time.Millisecond, cpu: 200 * time.Millisecond, memory: 192, again: true}
}

// readIndex returns the scripts in the order of the index.
func readIndex(t *testing.T) []hostileScript {
	t.Helper()
	text, err := os.ReadFile(hostileIndex)
	require.NoError(t, err)
	var scripts []hostileScript
	for _, line := range strings.Split(strings.TrimSpace(string(text)), "\n")[1:] {
		f := strings.Split(line, "\t")
		require.Len(t, f, 5, line)
		scripts = append(scripts, hostileScript{file: f[0], category: f[1], attack: f[2], expected: f[3], plain: f[4]})
	}
	return scripts
}

// hostileSource returns the text of a script.
func hostileSource(file string) (string, error) {
	for _, s := range largeScripts {
		if s.file == file {
			return s.text(), nil
		}
	}
	text, err := os.ReadFile(hostileFolder + file)
	return string(text), err
}

func TestTheIndexNamesEveryHostileScript(t *testing.T) {
	entries, err := os.ReadDir(hostileFolder)
	require.NoError(t, err)
	scripts := readIndex(t)
	require.Len(t, scripts, len(entries)-1+len(largeScripts))
	for _, s := range scripts {
		source, err := hostileSource(s.file)
		require.NoError(t, err)
		require.NotEmpty(t, source)
	}
}

// outcomes are those of the scripts that were contained, and how many were not.
type outcomes struct {
	mu        sync.Mutex
	kinds     map[string][]string
	contained int
	over      []time.Duration // by how much answers came after the time limit
	broken    map[string]int
}

func (o *outcomes) add(s hostileScript, v verdict) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over = append(o.over, v.over)
	if len(v.broken) == 0 {
		o.contained++
		o.kinds[s.file] = []string{v.outcome}
		if v.slow {
			o.kinds[s.file] = append(o.kinds[s.file], "limit")
		}
		return
	}
	if o.broken == nil {
		o.broken = map[string]int{}
	}
	for _, b := range v.broken {
		o.broken[b]++
	}
}

// late returns by how much an answer came after the time limit at most, of this share of them.
func (o *outcomes) late(share float64) time.Duration {
	if len(o.over) == 0 {
		return 0
	}
	slices.Sort(o.over)
	return o.over[int(share*float64(len(o.over)-1))]
}

func (o *outcomes) summary() string {
	return fmt.Sprintf("contained: %d; not: %v; answers after the time limit: p99 %v, at most %v", o.contained, o.broken, o.late(0.99), o.late(1))
}

// write adds the outcomes to the index.
func (o *outcomes) write(t *testing.T) {
	t.Helper()
	var b strings.Builder
	b.WriteString("file\tcategory\tattack\texpected\tplain engine\n")
	for _, s := range readIndex(t) {
		expected := strings.FieldsFunc(s.expected, func(r rune) bool { return r == '|' })
		expected = append(expected, o.kinds[s.file]...)
		slices.Sort(expected)
		expected = slices.Compact(expected)
		fmt.Fprintf(&b, "%s\t%s\t%s\t%s\t%s\n", s.file, s.category, s.attack, strings.Join(expected, "|"), s.plain)
	}
	require.NoError(t, os.WriteFile(hostileIndex, []byte(b.String()), 0o600))
}
