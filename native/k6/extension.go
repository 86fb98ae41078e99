package k6

import (
	"errors"
	"runtime/debug"
	"sync"
	"time"

	"go.k6.io/k6/v2/js/common"
	"go.k6.io/k6/v2/js/modules"
	"go.k6.io/k6/v2/metrics"
	"go.k6.io/k6/v2/output"

	"hunt/native/k6/plan"
	"hunt/native/k6/swarm"
)

const (
	planVariable = "HUNT_PLAN"
	// closeWithin bounds the end when k6 stops the output.
	closeWithin = 10 * time.Second
	// Of a swarm. gcPercent: the live heap is a few ten MB, mostly players and histograms that stay; collecting
	// at twice that costs less CPU and stays far below memoryLimit.
	gcPercent   = 200
	memoryLimit = 280 << 20
)

var errNoOutput = errors.New("k6/x/hunt: k6 runs without --out hunt=unix:PATH or hunt=tcp:HOST:PORT")

// extension joins the output, which holds the connection to hunt, and the VUs, which play.
type extension struct {
	mu    sync.Mutex
	swarm *swarm.Swarm
}

func (e *extension) current() *swarm.Swarm {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.swarm
}

// NewModuleInstance is called for each VU.
func (e *extension) NewModuleInstance(vu modules.VU) modules.Instance {
	return &instance{extension: e, vu: vu}
}

type instance struct {
	extension *extension
	vu        modules.VU
}

// Exports gives JavaScript `group(i)` and `plainPlayer(i)`.
func (i *instance) Exports() modules.Exports {
	return modules.Exports{Named: map[string]any{"group": i.group, "plainPlayer": i.plainPlayer}}
}

// plainPlayer is for the plain-k6 script: one player, driven from JavaScript.
func (i *instance) plainPlayer(index int) *swarm.PlainPlayer {
	s := i.extension.current()
	if s == nil {
		common.Throw(i.vu.Runtime(), errNoOutput)
	}
	player, err := s.PlainPlayer(i.vu.Context(), index)
	if err != nil {
		common.Throw(i.vu.Runtime(), err)
	}
	return player
}

func (i *instance) group(index int) *group {
	return &group{instance: i, index: index}
}

// group is what JavaScript plays.
type group struct {
	instance *instance
	index    int
}

// Run plays the group to its end; it holds its VU until then.
func (g *group) Run() {
	s := g.instance.extension.current()
	err := errNoOutput
	if s != nil {
		err = s.Play(g.instance.vu.Context(), g.index)
	}
	if err != nil {
		common.Throw(g.instance.vu.Runtime(), err)
	}
}

// huntOutput is the output extension. k6's own samples do not pass through it: the swarm records.
type huntOutput struct {
	extension *extension
	params    output.Params
	abort     func(error)
}

var _ output.WithTestRunStop = (*huntOutput)(nil)

func (e *extension) newOutput(params output.Params) (output.Output, error) {
	return &huntOutput{extension: e, params: params}, nil
}

// Description names the output.
func (o *huntOutput) Description() string { return "hunt (" + o.params.ConfigArgument + ")" }

// SetTestRunStopCallback is how a failed run makes k6 exit with an error.
func (o *huntOutput) SetTestRunStopCallback(abort func(error)) { o.abort = abort }

// Start reads the plan and connects to hunt.
func (o *huntOutput) Start() error {
	path := o.params.Environment[planVariable]
	if path == "" {
		return errors.New("hunt output: " + planVariable + " is not set, expected the path of the plan")
	}
	p, err := plan.Read(path)
	if err != nil {
		return err
	}
	if !p.GroupPerPlayer() { // a VU for each player takes what it takes
		debug.SetGCPercent(gcPercent)
		debug.SetMemoryLimit(memoryLimit)
	}
	s, err := swarm.Open(p, o.params.ConfigArgument, func(err error) {
		if o.abort != nil {
			o.abort(err)
		}
	})
	if err != nil {
		return err
	}
	o.extension.mu.Lock()
	defer o.extension.mu.Unlock()
	o.extension.swarm = s
	return nil
}

// AddMetricSamples drops k6's samples.
func (o *huntOutput) AddMetricSamples([]metrics.SampleContainer) {}

// Stop ends the swarm if it still plays and lets the last frames out.
func (o *huntOutput) Stop() error {
	return o.extension.current().Close(closeWithin)
}

var _ modules.Module = (*extension)(nil)
