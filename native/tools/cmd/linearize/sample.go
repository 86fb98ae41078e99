package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// The two files are described in docs/swarm-protocol.md.
const (
	ledgerHeader, ledgerRecord     = 40, 40
	ledgerLayout                   = "ses1" // of the lane's records; version 1 and 2 do not name it
	observedHeader, observedRecord = 16, 28
	attempt, outcome, closing      = 1, 2, 255 // reads have other types
	answeredOK, refused            = 1, 2
	found, unreadable              = 1, 2
)

// record is what is read of one of the ledger's. Its operation is named by player, device and sequence.
type record struct {
	kind, outcome, device             byte
	player, sequence, revision, sends uint32
	atUs                              int64
}

// name is an operation's within its session.
type name struct {
	device   byte
	sequence uint32
}

func (r record) name() name { return name{r.device, r.sequence} }

// action is one operation of a session. endUs is 0 while nobody knows what became of it.
type action struct {
	name
	revision, sends uint32
	sentUs, endUs   int64
	acknowledged    bool
}

// history is what happened to a session on all devices of its player, and what was read of it at the end.
type history struct {
	player          uint32
	actions         []action
	revision, count uint32
	exists          bool
	unreadable      bool
	devices         int
	// byName finds an action.
	byName map[name]int
}

// request says which sessions are wanted, and how many operations they may have.
type request struct {
	sessions, operations int
	faults               []window
	seed                 uint64
}

// sample reads the histories of the sessions that are chosen, and says which those are.
func sample(ledgerFile, observedFile string, wanted request) ([]*history, string, error) {
	read, players, err := readObserved(observedFile)
	if err != nil {
		return nil, "", err
	}
	seen := map[uint32]*traits{}
	err = readLedger(ledgerFile, func(r record) {
		t := seen[r.player]
		if t == nil {
			t = &traits{}
			seen[r.player] = t
		}
		t.add(r, wanted.faults)
	})
	if err != nil {
		return nil, "", err
	}
	chosen, told := choose(players, seen, wanted.sessions, wanted.operations, wanted.seed)
	histories := map[uint32]*history{}
	var all []*history
	for _, player := range chosen {
		h := read[player]
		h.byName = map[name]int{}
		histories[player] = h
		all = append(all, h)
	}
	return all, told, readLedger(ledgerFile, func(r record) {
		if h := histories[r.player]; h != nil {
			h.add(r)
		}
	})
}

// readObserved is what was read of each session at the end; players in the order of the file, which is by number.
func readObserved(file string) (map[uint32]*history, []uint32, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, nil, err
	}
	if len(content) < observedHeader || string(content[:8]) != "HUNTOBSV" || binary.LittleEndian.Uint32(content[8:]) != 1 {
		return nil, nil, errors.New("observed.bin has no known header")
	}
	read := map[uint32]*history{}
	var players []uint32
	for at := observedHeader; at+observedRecord <= len(content); at += observedRecord {
		r := content[at:]
		player := binary.LittleEndian.Uint32(r)
		h := read[player]
		if h == nil {
			h = &history{player: player}
			read[player] = h
			players = append(players, player)
		}
		// One entry for each device; the revision is the session's.
		h.devices++
		h.count += binary.LittleEndian.Uint32(r[16:])
		h.revision = max(h.revision, binary.LittleEndian.Uint32(r[8:]))
		h.exists = h.exists || r[5] == found
		h.unreadable = h.unreadable || r[5] == unreadable
	}
	return read, slices.DeleteFunc(players, func(player uint32) bool { return read[player].unreadable }), nil
}

func readLedger(file string, visit func(record)) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, 1<<20)
	header := make([]byte, ledgerHeader)
	if _, err := io.ReadFull(in, header); err != nil || string(header[:8]) != "HUNTLEDG" {
		return errors.New("ledger.bin has no known header")
	}
	switch version := binary.LittleEndian.Uint32(header[8:]); {
	case version == 3 && string(header[36:]) != ledgerLayout:
		return fmt.Errorf("ledger.bin has layout %q, expected %q", header[36:], ledgerLayout)
	case version < 1 || version > 3:
		return fmt.Errorf("ledger.bin has version %d, expected 1 to 3", version)
	}
	for r := make([]byte, ledgerRecord); ; {
		if _, err := io.ReadFull(in, r); err != nil {
			return fmt.Errorf("ledger.bin was not closed: %w", err)
		}
		switch r[0] {
		case closing:
			return nil
		case attempt, outcome:
			visit(record{
				kind: r[0], outcome: r[1], device: r[2], player: binary.LittleEndian.Uint32(r[4:]),
				sequence: binary.LittleEndian.Uint32(r[8:]), atUs: int64(binary.LittleEndian.Uint64(r[16:])),
				revision: binary.LittleEndian.Uint32(r[32:]), sends: binary.LittleEndian.Uint32(r[36:]),
			})
		}
	}
}

func (h *history) add(r record) {
	place, known := h.byName[r.name()]
	if r.kind == attempt {
		if !known {
			h.byName[r.name()] = len(h.actions)
			h.actions = append(h.actions, action{name: r.name(), sentUs: r.atUs})
		}
		return
	}
	if !known {
		return
	}
	a := &h.actions[place]
	if r.outcome == answeredOK || r.outcome == refused {
		a.endUs, a.acknowledged = r.atUs, r.outcome == answeredOK
		a.revision, a.sends = r.revision, r.sends
	}
}
