package recorder

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/binary"
	"math"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Cookies and layout of HdrHistogram's V2 encoding, as hdrhistogram-go's hdr_encoding.go has them.
const (
	plainCookie      = 0x1c849303 | 0x10
	compressedCookie = 0x1c849304 | 0x10
	plainHeaderBytes = 40
)

// encoder writes histograms as V2, compressed, base64. The library does the same with a new zlib
// writer of the highest level for each histogram: half a millisecond and a megabyte of garbage, some
// twenty times at each second's end, which showed in the p99 of everything on the machine.
type encoder struct {
	plain      []byte
	compressed bytes.Buffer
	zlib       *zlib.Writer
}

func newEncoder() (*encoder, error) {
	w, err := zlib.NewWriterLevel(nil, zlib.BestSpeed)
	return &encoder{zlib: w}, err
}

func (e *encoder) encode(h *hdrhistogram.Histogram) (string, error) {
	e.fill(h.Export())
	e.compressed.Reset()
	e.compressed.Write(make([]byte, 8)) // its own header, known once the rest is
	e.zlib.Reset(&e.compressed)
	if _, err := e.zlib.Write(e.plain); err != nil {
		return "", err
	}
	if err := e.zlib.Close(); err != nil {
		return "", err
	}
	all := e.compressed.Bytes()
	binary.BigEndian.PutUint32(all, compressedCookie)
	binary.BigEndian.PutUint32(all[4:], uint32(len(all)-8))
	return base64.StdEncoding.EncodeToString(all), nil
}

// fill makes the plain encoding: a header, then counts as zigzag varints, runs of zeros as their
// negative length, nothing after the last count.
func (e *encoder) fill(s *hdrhistogram.Snapshot) {
	counts := s.Counts
	for len(counts) > 0 && counts[len(counts)-1] == 0 {
		counts = counts[:len(counts)-1]
	}
	p := append(e.plain[:0], make([]byte, plainHeaderBytes)...)
	for i := 0; i < len(counts); {
		zeros := 0
		for counts[i+zeros] == 0 {
			zeros++
		}
		if zeros > 0 {
			p = binary.AppendVarint(p, int64(-zeros))
			i += zeros
		}
		p = binary.AppendVarint(p, counts[i])
		i++
	}
	binary.BigEndian.PutUint32(p, plainCookie)
	binary.BigEndian.PutUint32(p[4:], uint32(len(p)-plainHeaderBytes))
	binary.BigEndian.PutUint32(p[8:], 0) // normalising offset
	binary.BigEndian.PutUint32(p[12:], uint32(s.SignificantFigures))
	binary.BigEndian.PutUint64(p[16:], uint64(s.LowestTrackableValue))
	binary.BigEndian.PutUint64(p[24:], uint64(s.HighestTrackableValue))
	binary.BigEndian.PutUint64(p[32:], math.Float64bits(1))
	e.plain = p
}
