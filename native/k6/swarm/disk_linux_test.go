package swarm

import (
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
)

// fillDisk makes every further write to an open file fail as on a full disk: its descriptor is
// pointed at /dev/full.
func fillDisk(t *testing.T, path string) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Error(err)
		return
	}
	defer full.Close()
	entries, _ := filepath.Glob("/proc/self/fd/*")
	for _, entry := range entries {
		if target, _ := os.Readlink(entry); target == path {
			number, _ := strconv.Atoi(filepath.Base(entry))
			if err := syscall.Dup3(int(full.Fd()), number, syscall.O_CLOEXEC); err != nil {
				t.Error(err)
			}
			return
		}
	}
	t.Errorf("%s is not open", path)
}
