// Package k6run plays hunt's part for tests and benchmarks: it starts the k6 binary with a plan,
// lifts the pause, and speaks the protocol. hunt itself does this in TypeScript.
package k6run

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"hunt/native/k6/frames"
	"hunt/native/k6/plan"
)

// Run is a k6 process that has said hello.
type Run struct {
	Command *exec.Cmd
	Peer    *frames.Peer
	// API is the address of k6's REST interface.
	API string
}

// Options say what to start.
type Options struct {
	Binary, Script string
	Dir            string // for the plan and the socket
	Flags          []string
	Output         io.Writer
}

// Start starts k6 paused and reads its hello.
func Start(o Options, p *plan.Plan) (*Run, error) {
	content, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	path, socket := filepath.Join(o.Dir, "plan.json"), filepath.Join(o.Dir, "hunt.sock")
	if err := os.WriteFile(path, content, 0o644); err != nil {
		return nil, err
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &Run{API: free.Addr().String()}
	free.Close()
	args := append([]string{
		"run", "--paused", "--quiet", "--no-color", "--log-format=json", "--summary-mode=disabled", "--no-thresholds",
		"--no-usage-report", "--address", r.API, "--out", "hunt=unix:" + socket,
	}, append(o.Flags, o.Script)...)
	r.Command = exec.Command(o.Binary, args...)
	r.Command.Env = append(os.Environ(), "HUNT_PLAN="+path, "K6_AUTO_EXTENSION_RESOLUTION=false")
	r.Command.Stdout, r.Command.Stderr = o.Output, o.Output
	if err := r.Command.Start(); err != nil {
		return nil, err
	}
	if err := listener.(*net.UnixListener).SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return nil, r.kill(err)
	}
	if r.Peer, err = frames.Accept(listener); err != nil {
		return nil, r.kill(err)
	}
	var hello frames.Hello
	if err := r.expect("hello", &hello); err != nil {
		return nil, r.kill(err)
	}
	return r, nil
}

// Begin lifts the pause, waits for ready and starts second 0.
func (r *Run) Begin() error {
	if err := r.unpause(); err != nil {
		return err
	}
	var ready frames.Ready
	if err := r.expect("ready", &ready); err != nil {
		return err
	}
	return r.Peer.Send(frames.StartIn(100 * time.Millisecond))
}

// Follow hands each second to `each` until the end frame.
func (r *Run) Follow(each func(frames.Second) error) (frames.End, error) {
	for {
		var second frames.Second
		var end frames.End
		ended := false
		err := r.Peer.Read(func(messageType string) any {
			switch messageType {
			case "second":
				return &second
			case "end":
				ended = true
				return &end
			}
			return nil
		})
		if err != nil || ended {
			return end, err
		}
		if err := each(second); err != nil {
			return end, err
		}
	}
}

func (r *Run) expect(want string, into any) error {
	return r.Peer.Read(func(got string) any {
		if got == want {
			return into
		}
		return nil
	})
}

func (r *Run) kill(err error) error {
	r.Command.Process.Kill()
	r.Command.Wait()
	return err
}

// unpause asks until k6's VUs are there.
func (r *Run) unpause() error {
	body := `{"data":{"type":"status","id":"default","attributes":{"paused":false}}}`
	var last error
	for range 200 {
		request, err := http.NewRequest(http.MethodPatch, "http://"+r.API+"/v1/status", strings.NewReader(body))
		if err != nil {
			return err
		}
		response, err := http.DefaultClient.Do(request)
		if err == nil {
			text, _ := io.ReadAll(response.Body)
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
			err = fmt.Errorf("%s: %s", response.Status, text)
		}
		last = err
		time.Sleep(50 * time.Millisecond)
	}
	return fmt.Errorf("k6 was not unpaused in 10 s: %w", last)
}
