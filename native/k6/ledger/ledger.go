// Package ledger writes a lane's ledger.bin (docs/swarm-protocol.md): every write of every player, and what
// else the lane audits, its attempt before it is sent. A tick appends what it has as one write, so a record is in the
// kernel, and survives the death of this process, before its operation leaves it.
package ledger

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"
)

// Version of the file: 1 had no reads, 2 was of the sessions lane alone.
const Version = 3

// Sizes of the file's parts in bytes.
const (
	HeaderSize = 40
	// CommonSize is what the records of all lanes begin with; the lane's payload follows.
	CommonSize = 32
)

// Types of records.
const (
	Attempt     uint8 = 1
	Outcome     uint8 = 2
	ReadAttempt uint8 = 3
	ReadOutcome uint8 = 4
	closing     uint8 = 255
)

// Outcomes.
const (
	OK      uint8 = 1
	Fail    uint8 = 2
	Unknown uint8 = 3
)

// Record is what is common of an attempt or outcome.
type Record struct {
	Type    uint8
	Outcome uint8
	Device  uint8
	Kind    uint8
	Player  uint32
	// Sequence of a read counts the reads of its device.
	Sequence uint32
	Digest   uint32
	// AtUs and IntendedUs count from run second 0.
	AtUs       int64
	IntendedUs int64
}

// Append encodes a record behind what is in buffer; its payload is the lane's to append.
func (r Record) Append(buffer []byte) []byte {
	buffer = append(buffer, r.Type, r.Outcome, r.Device, r.Kind)
	buffer = binary.LittleEndian.AppendUint32(buffer, r.Player)
	buffer = binary.LittleEndian.AppendUint32(buffer, r.Sequence)
	buffer = binary.LittleEndian.AppendUint32(buffer, r.Digest)
	buffer = binary.LittleEndian.AppendUint64(buffer, uint64(r.AtUs))
	return binary.LittleEndian.AppendUint64(buffer, uint64(r.IntendedUs))
}

// Layout is what a lane's records hold behind their common part.
type Layout struct {
	// Name tells the payload's fields to a reader: four characters, with a number for a later layout.
	Name        string
	PayloadSize int
}

func (l Layout) recordSize() int { return CommonSize + l.PayloadSize }

// Header is what a ledger's beginning says of the run.
type Header struct {
	Layout      Layout
	Seed        uint64
	StartUnixUs int64
	Generator   int
}

// Ledger is an open file. All groups of a lane write to it.
type Ledger struct {
	layout  Layout
	mu      sync.Mutex
	file    *os.File
	records uint64
	err     error // the first one; nothing is written after it
}

// Create makes the file, which must not exist yet, and writes its header.
func Create(path string, h Header) (*Ledger, error) {
	if len(h.Layout.Name) != 4 {
		return nil, fmt.Errorf("ledger: layout %q, expected a name of 4 characters", h.Layout.Name)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	header := append(make([]byte, 0, HeaderSize), "HUNTLEDG"...)
	header = binary.LittleEndian.AppendUint32(header, Version)
	header = binary.LittleEndian.AppendUint32(header, uint32(h.Layout.recordSize()))
	header = binary.LittleEndian.AppendUint64(header, h.Seed)
	header = binary.LittleEndian.AppendUint64(header, uint64(h.StartUnixUs))
	header = binary.LittleEndian.AppendUint32(header, uint32(h.Generator))
	header = append(header, h.Layout.Name...)
	l := &Ledger{layout: h.Layout, file: file}
	if err := l.write(header); err != nil {
		file.Close()
		return nil, err
	}
	return l, nil
}

// Write appends encoded records in one write. After an error every further call returns it too.
func (l *Ledger) Write(records []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	if err := l.write(records); err != nil {
		return err
	}
	l.records += uint64(len(records) / l.layout.recordSize())
	return nil
}

// Close writes the closing record and closes the file. A ledger that failed gets no closing
// record: its end is not known to be whole.
func (l *Ledger) Close(atUs int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		record := Record{
			Type: closing, Player: uint32(l.records), Sequence: uint32(l.records >> 32), AtUs: atUs,
		}
		l.err = l.write(append(record.Append(nil), make([]byte, l.layout.PayloadSize)...))
	}
	if err := l.file.Close(); err != nil && l.err == nil {
		l.err = fmt.Errorf("ledger: %w", err)
	}
	return l.err
}

// Records is how many records were written, the closing one aside.
func (l *Ledger) Records() uint64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.records
}

func (l *Ledger) write(content []byte) error {
	if _, err := l.file.Write(content); err != nil {
		l.err = fmt.Errorf("ledger: %w", err)
	}
	return l.err
}
