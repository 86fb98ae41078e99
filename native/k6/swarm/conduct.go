package swarm

import (
	"fmt"
	"time"

	"hunt/native/k6/frames"
	"hunt/native/k6/ledger"
)

// readerStall is how long the queue to hunt may stay full before the run is given up. Until then
// what changes adds up in the recorder, and goes out as one frame.
const readerStall = 30 * time.Second

// conduct leads the swarm through the run: barrier, seconds, end.
func (s *Swarm) conduct() {
	defer close(s.done)
	if s.barrier() {
		s.report()
	} else {
		s.stop(0)
	}
	end := frames.End{Type: "end", Reason: frames.Finished, Totals: s.recorder.Totals(), Frames: s.frames, LedgerRecords: map[string]uint64{}}
	for _, lane := range s.lanes {
		if lane.ledger == nil {
			continue
		}
		if err := lane.ledger.Close(s.clock.NowUs()); err != nil {
			s.fail(err)
		}
		end.LedgerRecords[lane.ID] = lane.ledger.Records()
	}
	if s.wasCutShort() {
		end.Reason = frames.Stopped
	}
	if err := s.failure(); err != nil {
		end.Reason, end.Error = frames.Failed, err.Error()
	}
	if err := s.link.Send(end, endWithin); err != nil {
		s.fail(err)
	}
	if err := s.failure(); err != nil {
		s.onFailure(err)
	}
}

// barrier gets every group connected and waits for hunt's start; false if it does not come to that.
func (s *Swarm) barrier() bool {
	if !s.awaitUnlessStopped(s.arrived) {
		return false
	}
	began := time.Now()
	connected := make(chan struct{})
	go func() {
		s.connects.Wait()
		close(connected)
	}()
	if !s.awaitUnlessStopped(connected) || s.failure() != nil {
		return false
	}
	ready := frames.Ready{Type: "ready", ConnectMs: float64(time.Since(began).Microseconds()) / 1000}
	if err := s.link.Send(ready, endWithin); err != nil {
		s.fail(err)
		return false
	}
	select {
	case <-s.halted:
		return false
	case <-time.After(startWithin):
		s.fail(fmt.Errorf("hunt: no start %v after ready", startWithin))
		return false
	case command := <-s.link.Commands():
		if command.Type != "start" {
			return false
		}
		return s.start(command)
	}
}

// awaitUnlessStopped waits for a step of the barrier; false if hunt or k6 asked to stop, or hunt has gone.
func (s *Swarm) awaitUnlessStopped(step <-chan struct{}) bool {
	select {
	case <-step:
		return true
	case <-s.halted:
		return false
	case <-s.link.Commands():
		return false
	}
}

func (s *Swarm) start(command frames.Command) bool {
	for _, lane := range s.lanes {
		l, err := ledger.Create(lane.plan.Ledger, ledger.Header{
			Layout: lane.Layout, Seed: s.plan.Seed, StartUnixUs: command.AtUnixUs, Generator: s.plan.Generator,
		})
		if err != nil {
			s.fail(err)
			return false
		}
		lane.ledger = l
	}
	s.clock.StartAt(command)
	close(s.started)
	return true
}

// report sends a frame after each second until every group has ended.
func (s *Swarm) report() {
	ended := make(chan struct{})
	go func() {
		s.playing.Wait()
		close(ended)
	}()
	commands := s.link.Commands()
	sentAt := time.Now()
	for second := 0; ; {
		timer := time.NewTimer(s.clock.Until(int64(second+1) * 1_000_000))
		select {
		case <-timer.C:
			if s.link.HasRoom() {
				sentAt = time.Now()
				s.reportSecond(second)
			} else if time.Since(sentAt) > readerStall {
				s.fail(fmt.Errorf("hunt: the reader of the frames has taken none for %v", readerStall))
			}
			second = int(max(int64(second), s.clock.NowUs()/1_000_000))
		case command, open := <-commands:
			switch {
			case !open:
				s.stop(abandonedDrain)
				commands = nil
			case command.Type == "stop":
				s.stop(s.longestDrain())
			}
		case <-ended:
			timer.Stop()
			s.reportSecond(second)
			return
		}
		timer.Stop()
	}
}

func (s *Swarm) reportSecond(second int) {
	queue := s.link.Fill()
	changes, err := s.recorder.Changes()
	if err != nil {
		s.fail(err)
		return
	}
	cpuSeconds, rssBytes := Usage()
	active := int(s.plan.Players.At(float64(second)))
	lanes := map[string]frames.Lane{}
	for _, lane := range s.lanes {
		lanes[lane.ID] = lane.play.Report()
	}
	err = s.link.Send(frames.Second{
		Type: "second", Second: second, Changes: changes, Lanes: lanes,
		Generator: frames.Generator{
			CPUSeconds: cpuSeconds, RSSBytes: rssBytes, Queue: queue, Players: active,
			Resent: s.run.Resent.Load(), Reconnects: s.run.Reconnects.Load(),
		},
	}, endWithin)
	if err != nil {
		s.fail(err)
		return
	}
	s.frames++
}

// longestDrain is how long an action may still be under way.
func (s *Swarm) longestDrain() time.Duration {
	longestUs := int64(0)
	for _, lane := range s.lanes {
		longestUs = max(longestUs, lane.plan.LongestTimeoutUs())
	}
	return time.Duration(longestUs) * time.Microsecond
}
