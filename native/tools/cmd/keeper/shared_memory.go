package main

import (
	"bufio"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// removeSharedMemory removes the System V segments that the process made and nobody uses: the kernel
// keeps them when it is killed. PostgreSQL makes one of 56 bytes, and a new one with each start.
func removeSharedMemory(creator int) {
	file, err := os.Open("/proc/sysvipc/shm")
	if err != nil {
		return
	}
	defer func() { _ = file.Close() }()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		// key shmid perms size cpid lpid nattch ...
		fields := strings.Fields(lines.Text())
		if len(fields) < 7 || fields[4] != strconv.Itoa(creator) || fields[6] != "0" {
			continue
		}
		if id, err := strconv.Atoi(fields[1]); err == nil {
			_, _ = unix.SysvShmCtl(id, unix.IPC_RMID, nil)
		}
	}
}
