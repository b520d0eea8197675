// Http measures an HTTP-triggered script against PocketBase's routerAdd, with the same script, request and answer, and
// against a bare handler that runs the script in a fresh realm of the engine. Each server is a process of its own; one client
// loads them in turn, several rounds, and the table shows medians.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// servers are the sides, in the order of the table.
var servers = []struct {
	name, title string
	serve       func(dir, address string) error
}{
	{"pocketbase", "PocketBase routerAdd", func(dir, address string) error { return servePocketBase(dir, address, true) }},
	{"pocketbase-nolog", "PocketBase routerAdd, its request log off", func(dir, address string) error { return servePocketBase(dir, address, false) }},
	{"bare", "net/http and goja, a fresh realm", serveBare},
	{"off", "jsruntime, recording off", func(_, address string) error { return serveMemory(address) }},
	{"on", "jsruntime, recording on, bbolt", serveBolt},
}

func main() {
	child := flag.String("serve", "", "serve as this side: what the program itself uses")
	dir := flag.String("dir", "", "where the server keeps its files")
	address := flag.String("address", "127.0.0.1:0", "where the server listens")
	rounds := flag.Int("rounds", 5, "how often each side is measured")
	seconds := flag.Float64("seconds", 3, "how long each measurement takes")
	connections := flag.Int("connections", 64, "connections of the client")
	only := flag.String("only", "", "measure these sides only, with commas between them")
	flag.Parse()
	var err error
	if *child != "" {
		err = serve(*child, *dir, *address)
	} else {
		err = measure(os.Stdout, *only, *rounds, *connections, time.Duration(*seconds*float64(time.Second)))
	}
	if err != nil {
		log.Fatal(err)
	}
}

func serve(name, dir, address string) error {
	for _, s := range servers {
		if s.name == name {
			return s.serve(dir, address)
		}
	}
	return fmt.Errorf("no side %q", name)
}

// side is a running server and what it did in each round.
type side struct {
	title, address string
	process        *exec.Cmd
	rates          []float64
	processor      []time.Duration // of the server, for a request
	middle, tail   []time.Duration // the median and the 99th percentile of each round
}

func measure(out io.Writer, only string, rounds, connections int, d time.Duration) error {
	home, err := os.MkdirTemp("", "bench-http-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(home)
	syncs, err := syncLatency(home)
	if err != nil {
		return err
	}
	var sides []*side
	defer func() {
		for _, s := range sides {
			_ = s.process.Process.Kill()
			_ = s.process.Wait()
		}
	}()
	for i, s := range servers {
		if only != "" && !slices.Contains(strings.Split(only, ","), s.name) {
			continue
		}
		started, err := start(filepath.Join(home, s.name), s.name, fmt.Sprintf("127.0.0.1:%d", 18400+i))
		if err != nil {
			return err
		}
		started.title = s.title
		sides = append(sides, started)
	}
	for _, s := range sides { // so that caches are warm and pools filled
		if _, err := load(s.address, connections, d/3); err != nil {
			return fmt.Errorf("%s: %w", s.title, err)
		}
	}
	for range rounds {
		for _, s := range sides {
			before := processorTime(s.process.Process.Pid)
			latencies, err := load(s.address, connections, d)
			if err != nil {
				return fmt.Errorf("%s: %w", s.title, err)
			}
			s.rates = append(s.rates, float64(len(latencies))/d.Seconds())
			s.processor = append(s.processor, (processorTime(s.process.Process.Pid)-before)/time.Duration(len(latencies)))
			s.middle = append(s.middle, latencies[len(latencies)/2])
			s.tail = append(s.tail, latencies[len(latencies)*99/100])
		}
	}
	table(out, sides, rounds, connections, syncs)
	return nil
}

func table(out io.Writer, sides []*side, rounds, connections int, syncs time.Duration) {
	fmt.Fprintf(out, "%d connections, medians of %d rounds, GOMAXPROCS %d; a sync of the disk takes %v\n\n", connections, rounds, runtime.GOMAXPROCS(0), syncs)
	fmt.Fprintf(out, "%-44s %10s %10s %10s %10s %8s\n", "", "requests/s", "median", "p99", "processor", "ratio")
	var base float64
	for _, s := range sides {
		rate := median(s.rates)
		if base == 0 {
			base = rate
		}
		fmt.Fprintf(out, "%-44s %10.0f %10v %10v %10v %7.2fx\n", s.title, rate, median(s.middle).Round(10*time.Microsecond),
			median(s.tail).Round(10*time.Microsecond), median(s.processor).Round(time.Microsecond), rate/base)
	}
}

func median[T float64 | time.Duration](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// processorTime returns what a process has taken of the processors so far; 0 where the system does not tell in this way.
func processorTime(pid int) time.Duration {
	const tick = 10 * time.Millisecond // of Linux, on every platform that Go knows
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:]))
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * tick
}

// start runs this program as a server, and returns when it answers.
func start(dir, name, address string) (*side, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	executable, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := &side{address: address, process: exec.CommandContext(context.Background(), executable, "-serve", name, "-dir", dir, "-address", address)}
	s.process.Stderr = os.Stderr
	if err := s.process.Start(); err != nil {
		return nil, err
	}
	for range 200 {
		if _, err = load(address, 1, time.Millisecond); err == nil {
			return s, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return s, fmt.Errorf("%s does not answer: %w", name, err)
}

// syncLatency returns what the disk takes for a write of a page and its sync, the median of many.
func syncLatency(dir string) (time.Duration, error) {
	f, err := os.Create(filepath.Join(dir, "sync"))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var all []time.Duration
	page := make([]byte, 4096)
	for i := range 200 {
		begun := time.Now()
		if _, err := f.WriteAt(page, int64(i%16)*int64(len(page))); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		all = append(all, time.Since(begun))
	}
	return median(all), nil
}
