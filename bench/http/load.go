package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// The request that each side gets, and the answer that each gives, as JSON.
const (
	path       = "/orders/42"
	body       = `{"item":"lamp","cents":4590}`
	wantAnswer = `{"id":"42","item":"lamp","total":45.9}`
)

// load sends the request over so many connections for so long, and returns how long each answer took, sorted.
func load(address string, connections int, d time.Duration) ([]time.Duration, error) {
	var all sync.WaitGroup
	latencies, errs := make([][]time.Duration, connections), make([]error, connections)
	end := time.Now().Add(d)
	for i := range connections {
		all.Go(func() { latencies[i], errs[i] = repeat(address, end) })
	}
	all.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return slices.Sorted(slices.Values(slices.Concat(latencies...))), nil
}

// repeat sends the request over one connection until the end. It parses as little as it can, to leave the processors to the
// server.
func repeat(address string, end time.Time) (latencies []time.Duration, err error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	request := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nUser-Agent: bench\r\n\r\n%s",
		path, address, len(body), body)
	r := bufio.NewReader(conn)
	for time.Now().Before(end) || len(latencies) == 0 {
		begun := time.Now()
		if _, err := io.WriteString(conn, request); err != nil {
			return nil, err
		}
		if err := readAnswer(r); err != nil {
			return nil, err
		}
		latencies = append(latencies, time.Since(begun))
	}
	return latencies, nil
}

func readAnswer(r *bufio.Reader) error {
	length := 0
	for first := true; ; first = false {
		line, err := r.ReadString('\n')
		if err != nil {
			return err
		}
		line = strings.TrimSpace(line)
		if first && !strings.HasPrefix(line, "HTTP/1.1 201") {
			return fmt.Errorf("answered %q", line)
		}
		if line == "" {
			break
		}
		if name, value, _ := strings.Cut(line, ": "); strings.EqualFold(name, "Content-Length") {
			if length, err = strconv.Atoi(value); err != nil {
				return err
			}
		}
	}
	answer := make([]byte, length)
	if _, err := io.ReadFull(r, answer); err != nil {
		return err
	}
	if got := strings.TrimSpace(string(answer)); got != wantAnswer {
		return fmt.Errorf("answered %q", got)
	}
	return nil
}
