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

// read returns the next frame. One that says to be longer than most is an error; a long one takes memory as it comes in.
func (r *frameReader) read(most int64) (kind byte, payload []byte, err error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(r.r, head[:]); err != nil {
		return 0, nil, err
	}
	n := int64(binary.LittleEndian.Uint32(head[:]))
	if n < 1 || n > most {
		return 0, nil, fmt.Errorf("%w: %d bytes", errFrame, n)
	}
	buf := make([]byte, 0, min(n, readChunk))
	for int64(len(buf)) < n {
		start := len(buf)
		buf = append(buf, make([]byte, min(n-int64(start), readChunk))...)
		if _, err := io.ReadFull(r.r, buf[start:]); err != nil {
			return 0, nil, io.ErrUnexpectedEOF
		}
	}
	return buf[0], buf[1:], nil
}
