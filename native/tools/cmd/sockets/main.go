// Command sockets tells what the kernel knows of the TCP sockets of a set of ports: retransmits, bytes
// that wait in queues, round trips.
//
//	sockets --listen 127.0.0.1:4000 --ports 2379,2380
//
// GET /sockets answers with one JSON document. Queues are read ten times per second and handed over with
// the next answer; everything else is as of the answer. It asks over netlink (sock_diag with tcp_info),
// since /proc/net/tcp has no count of retransmits, only those of the segment that is under way. Where the
// kernel does not answer, the status is 503 and the body says why. docs/collected-series.md has the rest.
package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"hunt/native/tools/monotonic"
	"hunt/native/tools/serve"
)

const (
	readEvery = 100 * time.Millisecond
	portsMax  = 256
)

func main() {
	listen := flag.String("listen", "", "HOST:PORT to answer on")
	portList := flag.String("ports", "", "ports to watch, separated by commas")
	flag.Parse()
	if err := run(*listen, *portList); err != nil {
		fmt.Fprintln(os.Stderr, "sockets:", err)
		os.Exit(2)
	}
}

func run(listen, portList string) error {
	ports, err := parsePorts(portList)
	if err != nil {
		return err
	}
	w := newWatch(ports, readDiag)
	return serve.UntilStopped(listen, w.handler(), w.readUntil)
}

func parsePorts(list string) ([]uint16, error) {
	var ports []uint16
	for _, text := range strings.Split(list, ",") {
		port, err := strconv.ParseUint(text, 10, 16)
		if err != nil || port == 0 {
			return nil, fmt.Errorf("--ports: expected numbers from 1 to 65535 separated by commas, got %q", list)
		}
		ports = append(ports, uint16(port))
	}
	if len(ports) > portsMax {
		return nil, fmt.Errorf("--ports: expected at most %d ports, got %d", portsMax, len(ports))
	}
	return ports, nil
}

// watch reads the sockets every readEvery and answers requests; one reading at a time.
type watch struct {
	mu    sync.Mutex
	tally *tally
	read  func() ([]socket, error)
}

func newWatch(ports []uint16, read func() ([]socket, error)) *watch {
	return &watch{tally: newTally(ports), read: read}
}

func (w *watch) readUntil(ctx context.Context) {
	ticker := time.NewTicker(readEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			// What keeps it from reading is said to whoever asks.
			_, _ = w.update(false)
		}
	}
}

// update reads the sockets once; with take it hands over what has gathered.
func (w *watch) update(take bool) (answer, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	sockets, err := w.read()
	if err != nil {
		return answer{}, err
	}
	w.tally.add(monotonic.NowUs(), sockets)
	if !take {
		return answer{}, nil
	}
	return w.tally.take(), nil
}

func (w *watch) handler() http.Handler {
	return serve.JSON("/sockets", func() (answer, error) { return w.update(true) })
}
