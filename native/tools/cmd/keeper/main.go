// Command keeper is the small parent process of all nodes of a run, k6 included.
//
//	hunt ──commands (NDJSON, stdin)──▶ keeper ──▶ etcd/1 etcd/2 ... gateway/1 k6/1
//	hunt ◀──events (NDJSON, stdout)─── keeper
//
// It exists so that nothing outlives hunt. When hunt dies, kill -9 included, stdin ends and the keeper
// ends every node and removes the run's folders. When the keeper itself is killed, the kernel kills its
// children (parent-death signal). A backend that stays is a keeper that was told so: it then serves the
// same protocol on a Unix socket, to one hunt after the other. docs/keeper.md has the protocol.
package main

import (
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

// The bound of SIGTERM to SIGKILL when nobody is left to say how long a node may take.
const orphanStopTimeout = time.Second

func init() {
	// A parent-death signal is sent when the thread that forked ends, not the process. The main
	// goroutine starts all children, and pinned to the main thread it lives as long as the keeper.
	runtime.LockOSThread()
}

func main() {
	if os.Args[0] == nodeStarterName {
		becomeNode(os.Args)
	}
	raiseFileLimit()
	adoptOrphans()
	signals := make(chan os.Signal, 8)
	// Notify and not Ignore: ignored signals would stay ignored in the children, and k6 needs its SIGINT.
	// SIGPIPE is here so that a write to a dead hunt is an error and not the end of the keeper.
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE, syscall.SIGQUIT)

	k := newKeeper(os.Stdin, os.Stdout)
	k.serve(signals)
	k.close(time.Second)
}

// raiseFileLimit lifts the soft limit of open files to the hard one. Go does so for its own process but
// gives children the old limit back unless the program sets it explicitly.
func raiseFileLimit() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil {
		limit.Cur = limit.Max
		_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
	}
}
