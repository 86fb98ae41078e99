package main

import (
	"os/exec"
	"syscall"
)

// endWithParent has the kernel end a child that this process leaves behind.
func endWithParent(child *exec.Cmd) {
	child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
}
