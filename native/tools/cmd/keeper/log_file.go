package main

import (
	"fmt"
	"os"
	"sync"
)

const (
	logHeadBytesMax = 64 << 20
	logTailBytesMax = 64 << 10
)

// logFile takes a child's output up to a bound. Past it, it keeps the last bytes in memory and adds them
// at the end: the last words of a node that died matter more than the middle.
type logFile struct {
	mu      sync.Mutex
	file    *os.File
	headMax int64
	written int64
	leftOut int64
	tail    []byte
}

func openLogFile(path string) (*logFile, error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, coded{"log-failed", err.Error()}
	}
	log := &logFile{file: file, headMax: logHeadBytesMax}
	// A node that is started again goes on in the same file, within the same bound.
	if info, err := file.Stat(); err == nil {
		log.written = info.Size()
	}
	return log, nil
}

// Write never fails: a full disk must not end the copying, since the child would then block on its pipe.
func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	head := p[:max(0, min(int64(len(p)), l.headMax-l.written))]
	if len(head) > 0 {
		_, _ = l.file.Write(head)
		l.written += int64(len(head))
	}
	if rest := p[len(head):]; len(rest) > 0 {
		l.keepTail(rest)
	}
	return len(p), nil
}

func (l *logFile) keepTail(rest []byte) {
	if l.leftOut == 0 {
		_, _ = fmt.Fprintf(l.file, "\nkeeper: log truncated after %d bytes; the last lines follow when the node ends\n", l.headMax)
	}
	l.leftOut += int64(len(rest))
	l.tail = append(l.tail, rest...)
	if excess := len(l.tail) - logTailBytesMax; excess > 0 {
		l.tail = append(l.tail[:0], l.tail[excess:]...)
	}
}

// note adds a line of the keeper's own.
func (l *logFile) note(text string) {
	_, _ = l.Write([]byte("keeper: " + text + "\n"))
}

func (l *logFile) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.leftOut > 0 {
		_, _ = fmt.Fprintf(l.file, "keeper: %d bytes left out here\n", l.leftOut-int64(len(l.tail)))
		_, _ = l.file.Write(l.tail)
	}
	_ = l.file.Close()
}
