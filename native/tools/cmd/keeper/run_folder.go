package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// runFolder holds a run's data. The lock in it is the kernel's, so it says whether the keeper that owns
// the folder still lives even if that keeper and hunt were both killed and nobody could remove it.
type runFolder struct {
	path string
	lock *os.File
}

const (
	runFolderPrefix = "hunt-"
	lockName        = ".keeper-lock"
	// One may start another while it is killed; one that hangs in the kernel stays.
	stragglerTriesMax = 100
)

// makeRunFolder makes a folder that must not exist yet, and removes those beside it whose keeper is dead.
func makeRunFolder(path string) (*runFolder, error) {
	if err := os.Mkdir(path, 0o700); err != nil {
		return nil, coded{"folder-failed", err.Error()}
	}
	folder, err := adoptRunFolder(path)
	if err != nil {
		_ = os.RemoveAll(path)
		return nil, err
	}
	go sweep(filepath.Dir(path))
	return folder, nil
}

// adoptRunFolder takes a folder that hunt has made: from now on it goes when the keeper goes.
func adoptRunFolder(path string) (*runFolder, error) {
	// Locked before it gets its name: a sweep by another keeper never finds it unlocked.
	unnamed := filepath.Join(path, lockName+".new")
	lock, err := os.OpenFile(unnamed, os.O_CREATE|os.O_RDWR, 0o600)
	if err == nil {
		err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	}
	if err == nil {
		err = os.Rename(unnamed, filepath.Join(path, lockName))
	}
	if err != nil {
		return nil, coded{"folder-failed", err.Error()}
	}
	return &runFolder{path: path, lock: lock}, nil
}

func (f *runFolder) remove() {
	removeFolder(f.path)
	_ = f.lock.Close()
}

// sweep removes folders of runs whose hunt and keeper were both killed.
func sweep(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return
	}
	for _, entry := range entries {
		if strings.HasPrefix(entry.Name(), runFolderPrefix) && entry.IsDir() && isOwn(entry) {
			removeIfAbandoned(filepath.Join(parent, entry.Name()))
		}
	}
}

func isOwn(entry os.DirEntry) bool {
	info, err := entry.Info()
	if err != nil {
		return false
	}
	status, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(status.Uid) == os.Geteuid()
}

func removeIfAbandoned(path string) {
	lock, err := os.OpenFile(filepath.Join(path, lockName), os.O_RDWR|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return
	}
	defer func() { _ = lock.Close() }()
	if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
		endStragglers(path)
		removeFolder(path)
	}
}

// endStragglers kills what still works in a folder whose keeper was killed: the kernel has ended its nodes,
// but not what descends from them. Somebody who looks at the folder in a terminal is none of those.
func endStragglers(path string) {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return
	}
	for range stragglerTriesMax {
		found := false
		for pid, p := range readProcessTable() {
			cwd, err := os.Readlink("/proc/" + strconv.Itoa(pid) + "/cwd")
			if err == nil && !p.terminal && strings.HasPrefix(cwd+"/", path+"/") {
				found = true
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
		if !found {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// removeFolder removes the lock last: a folder that is half removed is still found by the next sweep.
func removeFolder(path string) {
	entries, _ := os.ReadDir(path)
	for _, entry := range entries {
		if entry.Name() != lockName {
			_ = os.RemoveAll(filepath.Join(path, entry.Name()))
		}
	}
	_ = os.RemoveAll(path)
}
