package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A node is started by way of the keeper's own program, which becomes the node's: same pid, same files.
// Before that it makes itself the one that adopts the orphans of its descendants, which lasts over the
// exec. So whatever a node starts stays below the node, a daemon in a session of its own included.
const nodeStarterName = "keeper-node"

// nobody is the user of the programs that refuse to run as root; the same number on every Linux.
const nobody = 65534

// becomeNode never returns. Arguments: the number of the file that takes an error, the program, its
// own arguments.
func becomeNode(args []string) {
	report := func(what string, err error) {
		number, _ := strconv.Atoi(args[1])
		_, _ = io.WriteString(os.NewFile(uintptr(number), "errors"), fmt.Sprintf("%s: %v", what, err))
		os.Exit(127)
	}
	number, err := strconv.Atoi(args[1])
	if err != nil {
		report("errors", err)
	}
	unix.CloseOnExec(number)
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		report("adopt orphans", err)
	}
	report(args[2], syscall.Exec(args[2], args[2:], os.Environ()))
}

// launchNode starts the command's program; the reply to hunt waits until it runs, or can't.
func launchNode(c command, log *logFile, line *os.File, folders []*runFolder) (*exec.Cmd, error) {
	program, err := exec.LookPath(c.Program)
	if err != nil {
		return nil, coded{"start-failed", err.Error()}
	}
	if !c.Unprivileged || os.Geteuid() != 0 {
		return launchNodeAs(c, program, log, line, func(*syscall.SysProcAttr) {})
	}
	cmd, err := launchNodeAs(c, program, log, line, inUserNamespace)
	if !isNoNamespace(err) {
		return cmd, err
	}
	log.note(fmt.Sprintf("no user namespace (%v): %s runs as user %d, who gets the node's folder", err, c.Node, nobody))
	if err := giveTo(nobody, c.Dir, folders); err != nil {
		return nil, coded{"start-failed", err.Error()}
	}
	cmd, err = launchNodeAs(c, program, log, line, asNobody)
	if errors.Is(err, fs.ErrPermission) || err != nil && strings.Contains(err.Error(), syscall.EACCES.Error()) {
		return nil, coded{"start-failed", fmt.Sprintf("%s refuses to run as root, and user %d may not use it: %v; "+
			"put it and TMPDIR where everybody may read, or run hunt as another user than root", program, nobody, err)}
	}
	return cmd, err
}

func launchNodeAs(c command, program string, log *logFile, line *os.File, as func(*syscall.SysProcAttr)) (*exec.Cmd, error) {
	errorsReader, errorsWriter, err := os.Pipe()
	if err != nil {
		return nil, coded{"start-failed", err.Error()}
	}
	defer func() { _ = errorsReader.Close() }()
	cmd := exec.Command("/proc/self/exe")
	if line != nil {
		cmd.ExtraFiles = []*os.File{line}
	}
	cmd.ExtraFiles = append(cmd.ExtraFiles, errorsWriter)
	cmd.Args = append([]string{nodeStarterName, strconv.Itoa(2 + len(cmd.ExtraFiles)), program}, c.Args...)
	cmd.Dir = c.Dir
	cmd.Env = make([]string, 0, len(c.Env))
	for name, value := range c.Env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	// One pipe for both streams, copied by the keeper: the log has an exact bound, a child never waits
	// for the disk, and the log is complete when `exited` is sent. Nodes print a few lines per second.
	cmd.Stdout, cmd.Stderr = log, log
	// A process that hangs in the kernel can hold the pipe open; it is not waited for.
	cmd.WaitDelay = 500 * time.Millisecond
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	as(cmd.SysProcAttr)
	err = cmd.Start()
	_ = errorsWriter.Close()
	if err != nil {
		return nil, startFailure{err}
	}
	// It ends with the exec, or with the process.
	if text, _ := io.ReadAll(errorsReader); len(text) > 0 {
		_ = cmd.Wait()
		return nil, coded{"start-failed", string(text)}
	}
	return cmd, nil
}

// startFailure is that of the clone, before any program ran.
type startFailure struct{ cause error }

func (e startFailure) Error() string { return e.cause.Error() }
func (e startFailure) Unwrap() error { return e.cause }

// isNoNamespace is true where a sysctl, a filter or a kernel without them forbids user namespaces.
func isNoNamespace(err error) bool {
	var failure startFailure
	if !errors.As(err, &failure) {
		return false
	}
	for _, refusal := range []error{syscall.EPERM, syscall.EACCES, syscall.ENOSPC, syscall.EUSERS, syscall.EINVAL, syscall.ENOSYS} {
		if errors.Is(err, refusal) {
			return true
		}
	}
	return false
}

// inUserNamespace makes root's process nobody to itself while its files stay root's, so it may read
// what lies in root's home.
func inUserNamespace(attributes *syscall.SysProcAttr) {
	attributes.Cloneflags = syscall.CLONE_NEWUSER
	attributes.UidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: 0, Size: 1}}
	attributes.GidMappings = []syscall.SysProcIDMap{{ContainerID: nobody, HostID: 0, Size: 1}}
}

func asNobody(attributes *syscall.SysProcAttr) {
	attributes.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
}

// giveTo makes the folder and what is in it another user's, who may reach it through the run's folder.
func giveTo(user int, dir string, folders []*runFolder) error {
	for _, folder := range folders {
		if strings.HasPrefix(dir, folder.path+"/") {
			if err := os.Chmod(folder.path, 0o711); err != nil {
				return err
			}
		}
	}
	return filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, user, user)
	})
}
