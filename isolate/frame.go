package isolate

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"sync"
)

// Everything between the host and a worker goes in frames: the length of what follows in four bytes, a byte for what it
// is, and its payload.
const frameHead = 4

// The frames. Those of a check or a run hold its nonce, so that a frame of an earlier one is told apart, and one that a
// worker makes up beforehand.
const (
	frameHello  byte = iota + 1 // host to worker: how to serve
	frameReady                  // worker to host: who serves
	frameCheck                  // host to worker
	frameRun                    // host to worker
	frameCancel                 // host to worker
	frameReply                  // host to worker: of a host function
	frameCall                   // worker to host: of a host function
	frameLog                    // worker to host: a console line
	frameDone                   // worker to host: the end of a check or a run
)

// newFrame returns an encoder for the payload of a frame.
func newFrame(kind byte, size int) *encoder {
	e := &encoder{buf: make([]byte, frameHead, frameHead+1+size)}
	e.byte(kind)
	return e
}

// frameWriter writes frames, one at a time.
type frameWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (w *frameWriter) write(e *encoder) error {
	n := len(e.buf) - frameHead
	if uint64(n) > maxFrameBytes {
		return fmt.Errorf("a frame of %d bytes is larger than the limit of %d", n, maxFrameBytes)
	}
	binary.LittleEndian.PutUint32(e.buf, uint32(n))
	w.mu.Lock()
	defer w.mu.Unlock()
	_, err := w.w.Write(e.buf)
	return err
}

// frameReader reads frames that it does not trust.
type frameReader struct{ r *bufio.Reader }

func newFrameReader(r io.Reader) *frameReader { return &frameReader{r: bufio.NewReaderSize(r, 32<<10)} }

const (
	maxFrameBytes = 1 << 30
	readChunk     = 1 << 20
)

// read returns the next frame. One that says to be longer than a frame of its kind may be is an error, and a long one
// takes memory only as it comes in.
func (r *frameReader) read(most func(kind byte) int64) (kind byte, payload []byte, err error) {
	var head [frameHead + 1]byte
	if _, err := io.ReadFull(r.r, head[:]); err != nil {
		return 0, nil, err
	}
	kind = head[frameHead]
	n := int64(binary.LittleEndian.Uint32(head[:])) - 1
	if n < 0 || n > most(kind) {
		return 0, nil, fmt.Errorf("%w: %d bytes of kind %d", errFrame, n, kind)
	}
	payload = make([]byte, min(n, readChunk))
	if _, err := io.ReadFull(r.r, payload); err != nil {
		return 0, nil, io.ErrUnexpectedEOF
	}
	if n > readChunk { // it is coming
		first := payload
		payload = make([]byte, n)
		if _, err := io.ReadFull(r.r, payload[copy(payload, first):]); err != nil {
			return 0, nil, io.ErrUnexpectedEOF
		}
	}
	return kind, payload, nil
}

// atMost is the bound of a reader that wants frames of one kind only.
func atMost(wanted byte, n int64) func(byte) int64 {
	return func(kind byte) int64 {
		if kind == wanted {
			return n
		}
		return -1
	}
}

// anyFrame is the bound of a worker, which trusts its host.
func anyFrame(byte) int64 { return maxFrameBytes }
