package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// listenerOf names the process that listens on a port, as " by pid 12 (etcd)", or nothing when it can't
// be found: another user's process, or a socket that does not listen.
func listenerOf(port int) string {
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(text)) {
			fields := strings.Fields(line)
			const listening = "0A"
			if len(fields) > 9 && fields[3] == listening && strings.HasSuffix(fields[1], fmt.Sprintf(":%04X", port)) {
				if owner := ownerOfSocket(fields[9]); owner != "" {
					return owner
				}
			}
		}
	}
	return ""
}

func ownerOfSocket(inode string) string {
	descriptors, err := filepath.Glob("/proc/[0-9]*/fd/[0-9]*")
	if err != nil {
		return ""
	}
	for _, descriptor := range descriptors {
		if target, err := os.Readlink(descriptor); err == nil && target == "socket:["+inode+"]" {
			return describeProcess(strings.Split(descriptor, "/")[2])
		}
	}
	return ""
}

// reservedBy names the keeper that holds a reservation.
func reservedBy(name string) string {
	connection, err := net.DialTimeout("unix", name, 100*time.Millisecond)
	if err != nil {
		return ""
	}
	defer func() { _ = connection.Close() }()
	socket, ok := connection.(*net.UnixConn)
	if !ok {
		return ""
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return ""
	}
	owner := ""
	_ = raw.Control(func(descriptor uintptr) {
		if peer, err := unix.GetsockoptUcred(int(descriptor), unix.SOL_SOCKET, unix.SO_PEERCRED); err == nil {
			owner = describeProcess(fmt.Sprint(peer.Pid))
		}
	})
	return owner
}

func describeProcess(pid string) string {
	name, err := os.ReadFile("/proc/" + pid + "/comm")
	if err != nil {
		return " by pid " + pid
	}
	return fmt.Sprintf(" by pid %s (%s)", pid, strings.TrimSpace(string(name)))
}
