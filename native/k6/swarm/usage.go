package swarm

import (
	"bytes"
	"os"
	"strconv"
	"syscall"
)

// Usage is this process's CPU time so far and its resident memory; where the kernel does not say
// the latter, its maximum.
func Usage() (cpuSeconds float64, rssBytes int64) {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0, 0
	}
	cpuSeconds = float64(r.Utime.Nano()+r.Stime.Nano()) / 1e9
	statm, err := os.ReadFile("/proc/self/statm")
	if fields := bytes.Fields(statm); err == nil && len(fields) > 1 {
		if pages, err := strconv.ParseInt(string(fields[1]), 10, 64); err == nil {
			return cpuSeconds, pages * int64(os.Getpagesize())
		}
	}
	return cpuSeconds, int64(r.Maxrss)
}
