package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

func TestASweepRemovesOnlyFoldersWhoseKeeperIsDead(t *testing.T) {
	parent := t.TempDir()
	live, err := makeRunFolder(filepath.Join(parent, "hunt-live"))
	if err != nil {
		t.Fatal(err)
	}
	dead, err := makeRunFolder(filepath.Join(parent, "hunt-dead"))
	if err != nil {
		t.Fatal(err)
	}
	inDead, inLive := exec.Command("sleep", "1000"), exec.Command("sleep", "1000")
	inDead.Dir, inLive.Dir = dead.path, live.path
	for _, left := range []*exec.Cmd{inDead, inLive} {
		left.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := left.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = left.Process.Kill() }()
	}
	// As the kernel does when the keeper is killed.
	_ = dead.lock.Close()
	foreign := filepath.Join(parent, "hunt-notes")
	if err := os.Mkdir(foreign, 0o755); err != nil {
		t.Fatal(err)
	}
	sweep(parent)
	// The sweep that making a folder begins may be at it at the same time, and then finishes it.
	waitFor(t, "the dead keeper's folder to go", func() bool {
		_, err := os.Stat(dead.path)
		return os.IsNotExist(err)
	})
	if err := inDead.Wait(); err == nil || state(inLive.Process.Pid) == "" {
		t.Errorf("the end of what the dead keeper's nodes left, and of nobody else, was expected: %v", err)
	}
	for _, path := range []string{live.path, foreign} {
		if _, err := os.Stat(path); err != nil {
			t.Errorf("a folder that is not a dead keeper's was removed: %v", err)
		}
	}
}
