package frames

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

func TestFramesComeBackAsTheyWereAndDamageIsFound(t *testing.T) {
	frame, err := encode(Ready{Type: "ready", ConnectMs: 1.5})
	if err != nil {
		t.Fatal(err)
	}
	payload, err := read(bufio.NewReader(bytes.NewReader(frame)))
	if err != nil || string(payload) != `{"type":"ready","connectMs":1.5}` {
		t.Errorf("%s, %v", payload, err)
	}
	for name, damaged := range map[string][]byte{
		"a flipped bit":    append(bytes.Clone(frame[:len(frame)-1]), frame[len(frame)-1]^1),
		"a cut-off end":    frame[:len(frame)-1],
		"a giant's length": {255, 255, 255, 255, 0, 0, 0, 0},
	} {
		if _, err := read(bufio.NewReader(bytes.NewReader(damaged))); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := read(bufio.NewReader(bytes.NewReader(nil))); !errors.Is(err, io.EOF) {
		t.Errorf("the end between frames: %v", err)
	}
}

func TestASenderWaitsForAStalledReaderNoLongerThanItSays(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	l := NewLink(ours, 2)
	for range 3 { // one is being written, two wait
		if err := l.Send(Ready{}, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	if l.HasRoom() || l.Fill() != 1 {
		t.Errorf("fill %v", l.Fill())
	}
	began := time.Now()
	if err := l.Send(Ready{}, 50*time.Millisecond); err == nil || time.Since(began) > 5*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
	if err := l.Close(50 * time.Millisecond); err == nil {
		t.Error("frames were lost without an error")
	}
}

func TestCommandsEndWithThePeer(t *testing.T) {
	ours, theirs := net.Pipe()
	l := NewLink(ours, 1)
	defer l.Close(time.Second)
	peer := NewPeer(theirs)
	go func() {
		_ = peer.Send(Command{Type: "start", AtUnixUs: 7})
		theirs.Close()
	}()
	if command := <-l.Commands(); command.Type != "start" || command.AtUnixUs != 7 {
		t.Errorf("%+v", command)
	}
	if _, open := <-l.Commands(); open {
		t.Error("commands go on without a peer")
	}
}
