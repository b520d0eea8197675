package natsbus

import (
	"errors"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// StartServer runs a NATS server with JetStream in this process, for tests and demonstrations. It listens on a free
// port of the loopback address, see its ClientURL, and stores in dir. End it with its Shutdown and WaitForShutdown.
func StartServer(dir string) (*server.Server, error) {
	srv, err := server.NewServer(&server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT,
		JetStream: true, StoreDir: dir,
		NoLog: true, NoSigs: true,
	})
	if err != nil {
		return nil, err
	}
	srv.Start()
	if !srv.ReadyForConnections(10 * time.Second) {
		srv.Shutdown()
		return nil, errors.New("nats server is not ready after 10 seconds")
	}
	return srv, nil
}
