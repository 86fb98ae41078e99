package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestALongLogKeepsItsHeadAndItsLastWords(t *testing.T) {
	path := filepath.Join(t.TempDir(), "node.log")
	log, err := openLogFile(path)
	if err != nil {
		t.Fatal(err)
	}
	log.headMax = 100
	_, _ = log.Write([]byte("first words\n"))
	for range 10_000 {
		_, _ = log.Write([]byte(strings.Repeat("x", 99) + "\n"))
	}
	_, _ = log.Write([]byte("last words\n"))
	log.close()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(text) > 100+logTailBytesMax+300 {
		t.Errorf("the log has %d bytes", len(text))
	}
	if !strings.HasPrefix(string(text), "first words\n") || !strings.HasSuffix(string(text), "\nlast words\n") {
		t.Error("head or tail is missing")
	}
	if !strings.Contains(string(text), "log truncated after 100 bytes") {
		t.Error("the truncation is not mentioned")
	}
}
