// Package ledger writes ledger.bin (docs/swarm-protocol.md): every write of every player, and every read
// of the audited players, its attempt before it is sent. A tick appends what it has as one write, so a record is in the
// kernel, and survives the death of this process, before its operation leaves it.
package ledger

import (
	"encoding/binary"
	"fmt"
	"os"
	"sync"
)

// Version of the file: 1 had no reads.
const Version = 2

// Sizes of the file's parts in bytes.
const (
	HeaderSize = 40
	RecordSize = 40
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

// Record is one attempt or outcome.
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
	// Revision of an answer; of a read's attempt: what it asks for at least.
	Revision uint32
	Sends    uint32
}

// Append encodes a record behind what is in buffer.
func (r Record) Append(buffer []byte) []byte {
	buffer = append(buffer, r.Type, r.Outcome, r.Device, r.Kind)
	buffer = binary.LittleEndian.AppendUint32(buffer, r.Player)
	buffer = binary.LittleEndian.AppendUint32(buffer, r.Sequence)
	buffer = binary.LittleEndian.AppendUint32(buffer, r.Digest)
	buffer = binary.LittleEndian.AppendUint64(buffer, uint64(r.AtUs))
	buffer = binary.LittleEndian.AppendUint64(buffer, uint64(r.IntendedUs))
	buffer = binary.LittleEndian.AppendUint32(buffer, r.Revision)
	return binary.LittleEndian.AppendUint32(buffer, r.Sends)
}

// Ledger is an open file. All groups write to it.
type Ledger struct {
	mu      sync.Mutex
	file    *os.File
	records uint64
	err     error // the first one; nothing is written after it
}

// Create makes the file, which must not exist yet, and writes its header.
func Create(path string, seed uint64, startUnixUs int64, generator int) (*Ledger, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, fmt.Errorf("ledger: %w", err)
	}
	header := append(make([]byte, 0, HeaderSize), "HUNTLEDG"...)
	header = binary.LittleEndian.AppendUint32(header, Version)
	header = binary.LittleEndian.AppendUint32(header, RecordSize)
	header = binary.LittleEndian.AppendUint64(header, seed)
	header = binary.LittleEndian.AppendUint64(header, uint64(startUnixUs))
	header = binary.LittleEndian.AppendUint32(header, uint32(generator))
	header = binary.LittleEndian.AppendUint32(header, 0)
	l := &Ledger{file: file}
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
	l.records += uint64(len(records) / RecordSize)
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
		l.err = l.write(record.Append(nil))
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
