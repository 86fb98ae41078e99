// Package frames carries the conversation with hunt (docs/swarm-protocol.md) over a Unix socket or
// loopback TCP: length, checksum, JSON. A slow reader never holds up the sender, see Link.
package frames

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
)

const (
	headerSize = 8
	maxPayload = 16 << 20
)

// encode makes one frame.
func encode(message any) ([]byte, error) {
	payload, err := json.Marshal(message)
	if err != nil {
		return nil, fmt.Errorf("frame: %w", err)
	}
	if len(payload) > maxPayload {
		return nil, fmt.Errorf("frame: payload of %d bytes, expected at most %d", len(payload), maxPayload)
	}
	frame := make([]byte, headerSize, headerSize+len(payload))
	binary.LittleEndian.PutUint32(frame, uint32(len(payload)))
	binary.LittleEndian.PutUint32(frame[4:], crc32.ChecksumIEEE(payload))
	return append(frame, payload...), nil
}

// read returns the payload of the next frame; io.EOF only between frames.
func read(reader *bufio.Reader) ([]byte, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(reader, header[:]); err != nil {
		return nil, err
	}
	length := binary.LittleEndian.Uint32(header[:])
	if length > maxPayload {
		return nil, fmt.Errorf("frame: payload of %d bytes, expected at most %d", length, maxPayload)
	}
	payload := make([]byte, length)
	if _, err := io.ReadFull(reader, payload); err != nil {
		return nil, fmt.Errorf("frame: cut off: %w", err)
	}
	if want, got := binary.LittleEndian.Uint32(header[4:]), crc32.ChecksumIEEE(payload); got != want {
		return nil, fmt.Errorf("frame: checksum %08x, expected %08x", got, want)
	}
	return payload, nil
}
