package recorder

import (
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
)

func TestTheLibraryReadsBackEveryCount(t *testing.T) {
	e, err := newEncoder()
	if err != nil {
		t.Fatal(err)
	}
	for _, values := range [][]int64{{}, {0}, {1, 1, 1}, {0, 999, 1_000, 1_001, highestUs}, {7, 123_456, 5_000_000, 5_000_000}} {
		h := hdrhistogram.New(lowestUs, highestUs, digits)
		for _, value := range values {
			if err := h.RecordValue(value); err != nil {
				t.Fatal(err)
			}
		}
		encoded, err := e.encode(h)
		if err != nil {
			t.Fatal(err)
		}
		back, err := hdrhistogram.Decode([]byte(encoded))
		if err != nil {
			t.Fatalf("%v: %v", values, err)
		}
		if !back.Equals(h) {
			t.Errorf("%v came back as %v", values, back.Export().Counts)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	h := hdrhistogram.New(lowestUs, highestUs, digits)
	for i := range int64(4_000) {
		_ = h.RecordValue(3_000 + i*i%40_000)
	}
	b.Run("ours", func(b *testing.B) {
		e, _ := newEncoder()
		for b.Loop() {
			_, _ = e.encode(h)
		}
	})
	b.Run("the library's", func(b *testing.B) {
		for b.Loop() {
			_, _ = h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
		}
	})
}
