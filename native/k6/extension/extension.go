// Package extension is what k6 is extended by: the JavaScript module k6/x/hunt and the output `hunt`. One
// process plays one plan, so both meet in one place.
package extension

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

// Register adds module and output to k6, with the lanes that can be played.
func Register(lanes []swarm.Lane) {
	e := &extension{lanes: lanes}
	modules.Register("k6/x/hunt", e)
	output.RegisterExtension("hunt", e.newOutput)
}

// extension joins the output, which holds the connection to hunt, and the VUs, which play.
type extension struct {
	lanes []swarm.Lane
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

// Exports gives JavaScript `group(i)`, and what the lanes have for scripts, as `plainPlayer(i)`.
func (i *instance) Exports() modules.Exports {
	named := map[string]any{"group": i.group}
	for _, lane := range i.extension.lanes {
		for name := range lane.Scripts {
			named[name] = func(index int) any { return i.script(name, index) }
		}
	}
	return modules.Exports{Named: named}
}

// script is a part of a lane's traffic that is driven from JavaScript.
func (i *instance) script(name string, index int) any {
	s := i.extension.current()
	if s == nil {
		common.Throw(i.vu.Runtime(), errNoOutput)
	}
	part, err := s.Script(i.vu.Context(), name, index)
	if err != nil {
		common.Throw(i.vu.Runtime(), err)
	}
	return part
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
	s, err := swarm.Open(p, o.extension.lanes, o.params.ConfigArgument, func(err error) {
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
