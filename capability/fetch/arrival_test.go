package fetch_test

import (
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAnAnswerIsNotKeptWaitingForABodyThatIsStillToCome(t *testing.T) {
	for name, sent := range map[string]string{
		"a part of it":                   "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nbegin",
		"nothing of it":                  "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\n",
		"a part after an interim answer": "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\nX: yyyyyyyyyyyyyyyyyyyyyyyyyy\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegin",
		"a part that looks like headers": "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nb: c\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
		"a chunk of it":                  "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			at, open := raw(t, func(conn net.Conn) {
				readRequest(conn)
				_, _ = io.WriteString(conn, sent)
				_, _ = io.Copy(io.Discard, conn) // until the run ends
			})
			r := newRealm(t, open)
			a, err := r.send(at)
			require.NoError(t, err)
			require.False(t, a.done())
			r.end()
		})
	}
}

func TestABodyThatComesWithItsHeadersIsPartOfTheAnswer(t *testing.T) {
	for name, sent := range map[string]string{
		"plainly":                 "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole",
		"in another call":         "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n",
		"after an interim answer": "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole",
	} {
		t.Run(name, func(t *testing.T) {
			at, open := raw(t, func(conn net.Conn) {
				readRequest(conn)
				_, _ = io.WriteString(conn, sent)
				if sent[len(sent)-1] == '\n' {
					_, _ = io.WriteString(conn, "\r\nwhole")
				}
			})
			a, err := newRealm(t, open).send(at)
			require.NoError(t, err)
			require.True(t, a.done())
			require.Equal(t, "whole", string(a.reply["chunk"].([]byte)))
		})
	}
}

func TestABodyThatIsShorterThanItsHeadersSayBreaksOff(t *testing.T) {
	at, open := raw(t, func(conn net.Conn) {
		readRequest(conn)
		_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 400\r\n\r\nbegin")
	})
	r := newRealm(t, open)
	a, err := r.send(at)
	require.NoError(t, err)
	text, err := r.rest(a)
	require.EqualError(t, err, "fetch: connection closed before the end of the response body")
	require.Equal(t, "begin", text)
}
