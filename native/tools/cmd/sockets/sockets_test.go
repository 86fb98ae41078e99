package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pair is a connection over loopback; the port is the server's.
func pair(t *testing.T) (client, server *net.TCPConn, port uint16) {
	t.Helper()
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dialled, err := net.Dial("tcp4", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		dialled.Close()
		accepted.Close()
	})
	return dialled.(*net.TCPConn), accepted.(*net.TCPConn), uint16(listener.Addr().(*net.TCPAddr).Port)
}

func ask(t *testing.T, w *watch) answer {
	t.Helper()
	facts, err := w.update(true)
	if err != nil {
		t.Fatal(err)
	}
	return facts
}

// until polls, since the kernel's timers are what is waited for; 10 s are 50 times the first of them.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !is(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// dropAll makes the kernel drop every segment that arrives for the connection: a packet filter on the
// socket itself, so it needs no rights, touches nobody else and goes with the socket.
func dropAll(t *testing.T, conn *net.TCPConn) (restore func()) {
	t.Helper()
	raw, err := conn.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	control := func(do func(fd int) error) {
		var failed error
		if err := raw.Control(func(fd uintptr) { failed = do(int(fd)) }); err != nil || failed != nil {
			t.Fatal(err, failed)
		}
	}
	returnZero := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: 0}
	control(func(fd int) error {
		return unix.SetsockoptSockFprog(fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER,
			&unix.SockFprog{Len: 1, Filter: &returnZero})
	})
	return func() {
		control(func(fd int) error {
			return unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_DETACH_FILTER, 0)
		})
	}
}

func TestRetransmitsRiseUnderRealLossAndStayCountedWhenTheConnectionIsGone(t *testing.T) {
	client, server, port := pair(t)
	w := newWatch([]uint16{port}, readDiag)
	if before := ask(t, w).Ports[0]; before.Retransmits != 0 || before.Sockets != 2 {
		t.Fatalf("a fresh connection has 2 ends and no retransmits, got %+v", before)
	}
	restore := dropAll(t, server)
	sent := bytes.Repeat([]byte("hunt"), 5_000)
	if _, err := client.Write(sent); err != nil {
		t.Fatal(err)
	}
	until(t, "two retransmits", func() bool { return ask(t, w).Ports[0].Retransmits >= 2 })
	restore()
	received := make([]byte, len(sent))
	_ = server.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadFull(server, received); err != nil || !bytes.Equal(received, sent) {
		t.Fatalf("what was dropped did not arrive later: %v", err)
	}
	counted := ask(t, w).Ports[0].Retransmits
	client.Close()
	server.Close()
	until(t, "no socket left", func() bool { return ask(t, w).Ports[0].Sockets == 0 })
	if after := ask(t, w).Ports[0].Retransmits; after < counted {
		t.Fatalf("%d retransmits were counted, %d once the connection was gone", counted, after)
	}
}

func TestQueuesAreCountedInTheDirectionThatTheyWaitIn(t *testing.T) {
	client, server, port := pair(t)
	w := newWatch([]uint16{port}, readDiag)
	if _, err := client.Write(make([]byte, 3_000)); err != nil {
		t.Fatal(err)
	}
	until(t, "3000 bytes unread at the server", func() bool {
		last := lastQueue(ask(t, w))
		return last.InBytes[0] == 3_000 && last.OutBytes[0] == 0
	})
	if _, err := io.ReadFull(server, make([]byte, 3_000)); err != nil {
		t.Fatal(err)
	}
	if _, err := server.Write(make([]byte, 500)); err != nil {
		t.Fatal(err)
	}
	until(t, "500 bytes unread at the client", func() bool {
		last := lastQueue(ask(t, w))
		return last.InBytes[0] == 0 && last.OutBytes[0] == 500
	})
}

func TestOtherPortsAreNobodysBusiness(t *testing.T) {
	_, _, port := pair(t)
	_, _, other := pair(t)
	facts := ask(t, newWatch([]uint16{port}, readDiag))
	if len(facts.Ports) != 1 || facts.Ports[0].Port != port || facts.Ports[0].Sockets != 2 {
		t.Fatalf("expected port %d alone (not %d), got %+v", port, other, facts.Ports)
	}
}

func TestWithoutNetlinkTheAnswerSaysWhy(t *testing.T) {
	w := newWatch([]uint16{1}, func() ([]socket, error) { return nil, errors.New("operation not permitted") })
	response := httptest.NewRecorder()
	w.handler().ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/sockets", nil))
	if response.Code != http.StatusServiceUnavailable || response.Body.String() != "not available: operation not permitted\n" {
		t.Fatalf("got %d %q", response.Code, response.Body)
	}
}

func TestReadingsThatNobodyFetchesAreBounded(t *testing.T) {
	w := newWatch([]uint16{1}, func() ([]socket, error) { return nil, nil })
	for range 3 * readingsMax {
		if _, err := w.update(false); err != nil {
			t.Fatal(err)
		}
	}
	response := httptest.NewRecorder()
	w.handler().ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/sockets", nil))
	var facts answer
	if err := json.Unmarshal(response.Body.Bytes(), &facts); err != nil || len(facts.Queues) != readingsMax {
		t.Fatalf("expected %d readings, got %d (%v)", readingsMax, len(facts.Queues), err)
	}
}

func lastQueue(facts answer) queueFacts { return facts.Queues[len(facts.Queues)-1] }

func BenchmarkReadDiag(b *testing.B) {
	for b.Loop() {
		if _, err := readDiag(); err != nil {
			b.Fatal(err)
		}
	}
}
