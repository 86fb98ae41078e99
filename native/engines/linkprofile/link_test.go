package linkprofile

import (
	"bytes"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
)

func startLink(t *testing.T, name string) (*Link, net.Conn) {
	t.Helper()
	link, _, client := startProxy(t, name, Profile{})
	return link, client
}

// startProxy puts a link of ours in front of a server that sends back what it gets.
func startProxy(t *testing.T, name string, base Profile) (*Link, *toxiproxy.Proxy, net.Conn) {
	t.Helper()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.Copy(conn, conn)
				_ = conn.Close()
			}()
		}
	}()
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	proxy := toxiproxy.NewProxy(api, name, "127.0.0.1:0", server.Addr().String())
	link, err := Install(proxy, name, 1, base)
	if err != nil {
		t.Fatal(err)
	}
	if err := api.Collection.Add(proxy, true); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Collection.Clear() })
	client, err := net.Dial("tcp", proxy.Listen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return link, proxy, client
}

func set(t *testing.T, link *Link, p Profile) {
	t.Helper()
	if err := link.Set(p); err != nil {
		t.Fatal(err)
	}
}

// echo sends and waits for the same bytes.
func echo(t *testing.T, client net.Conn, sent []byte) time.Duration {
	t.Helper()
	begun := time.Now()
	if err := client.SetDeadline(begun.Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = client.Write(sent) }()
	got := make([]byte, len(sent))
	if _, err := io.ReadFull(client, got); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, sent) {
		t.Fatal("other bytes came back than were sent")
	}
	return time.Since(begun)
}

func TestDelayHoldsEachWayAndIsCounted(t *testing.T) {
	link, client := startLink(t, t.Name())
	echo(t, client, []byte("clear"))
	if state := link.State(); state.Profile != nil || state.Upstream.Delayed != 0 {
		t.Fatalf("a link without a profile delays nothing, got %+v", state)
	}
	set(t, link, Profile{DelayMs: 30})
	if took := echo(t, client, []byte("late")); took < 60*time.Millisecond {
		t.Fatalf("30 ms each way took %v", took)
	}
	state := link.State()
	if state.Upstream.Delayed != 1 || state.Downstream.Delayed != 1 || state.Upstream.Chunks != 2 {
		t.Fatalf("one chunk each way was delayed, got %+v", state)
	}
	slowest := state.Upstream.DelaysUs[len(state.Upstream.DelaysUs)-1]
	if slowest[0] < 30_000 || slowest[1] != 1 {
		t.Fatalf("the achieved delay is at least 30 ms once, got %v", state.Upstream.DelaysUs)
	}
	if state.Upstream.OpenConnections != 1 || state.Upstream.Connections != 1 {
		t.Fatalf("one connection, got %+v", state.Upstream)
	}
}

func TestAProfileOfOneDirectionLeavesTheOtherAlone(t *testing.T) {
	link, client := startLink(t, t.Name())
	set(t, link, Profile{DelayMs: 40, Direction: "downstream"})
	if took := echo(t, client, []byte("late")); took < 40*time.Millisecond || took > 75*time.Millisecond {
		t.Fatalf("40 ms one way took %v", took)
	}
	state := link.State()
	if state.Upstream.Delayed != 0 || state.Downstream.Delayed != 1 || state.Profile == nil {
		t.Fatalf("only what comes back is delayed, got %+v", state)
	}
	set(t, link, Profile{Blackhole: true, Direction: "upstream"})
	if _, err := client.Write([]byte("held")); err != nil {
		t.Fatal(err)
	}
	_ = client.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := client.Read(make([]byte, 4)); err == nil {
		t.Fatalf("%d bytes came back of what never got there", n)
	}
	if state := link.State(); state.Upstream.Held != 1 || state.Downstream.Held != 0 {
		t.Fatalf("what goes there is held, got %+v", state)
	}
	if link.Set(Profile{DelayMs: 1, Direction: "sideways"}) == nil {
		t.Fatal("there is no such direction")
	}
}

func TestTheBaseHoldsWheneverNoFaultDoesAndIsNoFaultsEvidence(t *testing.T) {
	link, _, client := startProxy(t, t.Name(), Profile{DelayMs: 30})
	base := func(when string) {
		t.Helper()
		if took := echo(t, client, []byte("base")); took < 60*time.Millisecond || took > 150*time.Millisecond {
			t.Fatalf("%s: 30 ms each way took %v", when, took)
		}
		if state := link.State(); state.Profile != nil || state.Base == nil || state.Base.DelayMs != 30 {
			t.Fatalf("%s: only the base holds, got %+v", when, state)
		}
	}
	base("at the start")
	if delayed := link.State().Upstream.Delayed; delayed != 0 {
		t.Fatalf("no fault delayed anything, got %d", delayed)
	}
	set(t, link, Profile{DelayMs: 100, Direction: "upstream"})
	if took := echo(t, client, []byte("late")); took < 130*time.Millisecond || took > 195*time.Millisecond {
		t.Fatalf("100 ms there and the base's 30 back took %v", took)
	}
	if state := link.State(); state.Profile == nil || state.Upstream.Delayed != 1 || state.Downstream.Delayed != 0 {
		t.Fatalf("the fault delayed one chunk, on its way there, got %+v", state)
	}
	set(t, link, Profile{})
	base("after the fault")
}

func TestBlackholeHoldsEveryByteAndHealsTheLiveConnection(t *testing.T) {
	link, client := startLink(t, t.Name())
	set(t, link, Profile{Blackhole: true})
	if _, err := client.Write([]byte("held")); err != nil {
		t.Fatal(err)
	}
	_ = client.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	if n, err := client.Read(make([]byte, 4)); err == nil {
		t.Fatalf("%d bytes came through a blackhole", n)
	}
	if held := link.State().Upstream.Held; held != 1 {
		t.Fatalf("one chunk is held, got %d", held)
	}
	set(t, link, Profile{})
	_ = client.SetReadDeadline(time.Now().Add(5 * time.Second))
	got := make([]byte, 4)
	if _, err := io.ReadFull(client, got); err != nil || string(got) != "held" {
		t.Fatalf("after healing came %q, %v", got, err)
	}
}

func TestWithLossesSwapsAndABandwidthEveryByteArrivesInOrder(t *testing.T) {
	link, client := startLink(t, t.Name())
	profiles := []Profile{
		{DelayMs: 1, JitterMs: 5, Loss: 0.1, Burst: 3}, {Blackhole: true}, {}, {BitsPerS: 400e6},
	}
	stop := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for turn := 0; ; turn++ {
			select {
			case <-stop:
				_ = link.Set(Profile{})
				return
			case <-time.After(3 * time.Millisecond):
				_ = link.Set(profiles[turn%len(profiles)])
			}
		}
	}()
	sent := make([]byte, 8<<20)
	random := rand.New(rand.NewPCG(1, 2))
	for index := range sent {
		sent[index] = byte(random.Uint32())
	}
	echo(t, client, sent)
	close(stop)
	<-stopped
	if got := link.State().Upstream.Bytes; got != uint64(len(sent)) {
		t.Fatalf("%d bytes were sent, %d counted", len(sent), got)
	}
}

func TestInterruptionsAndRemovalLoseNothing(t *testing.T) {
	link, proxy, conn := startProxy(t, t.Name(), Profile{})
	set(t, link, Profile{DelayMs: 20})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 20 {
			// What Toxiproxy's own API does to a toxic interrupts it and starts it again.
			_, _ = proxy.Toxics.UpdateToxicJson(typeName+"_upstream", bytes.NewReader([]byte(`{}`)))
			time.Sleep(5 * time.Millisecond)
		}
		_ = proxy.Toxics.RemoveToxic(t.Context(), typeName+"_upstream")
	}()
	echo(t, conn, bytes.Repeat([]byte("0123456789abcdef"), 64<<10))
	<-done
	echo(t, conn, []byte("still there"))
}

func TestClosingReachesTheOtherSideAndIsCounted(t *testing.T) {
	link, client := startLink(t, t.Name())
	echo(t, client, []byte("hello"))
	_ = client.Close()
	for range 200 {
		if state := link.State(); state.Upstream.OpenConnections == 0 && state.Downstream.OpenConnections == 0 {
			link.mu.Lock()
			defer link.mu.Unlock()
			if len(link.pairs) != 0 {
				t.Fatalf("%d connections are kept after their end", len(link.pairs))
			}
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("still open: %+v", link.State())
}

func TestLossIsAsOftenAndAsBurstyAsAsked(t *testing.T) {
	for _, burst := range []float64{0, 4} {
		var chain losses
		random := rand.New(rand.NewPCG(1, 1))
		const segments = 200_000
		lost, runs, before := 0, 0, false
		p := Profile{DelayMs: 10, Loss: 0.03, Burst: burst}
		for range segments {
			now := chain.draw(p, 100, random).lost
			if now {
				lost++
				if !before {
					runs++
				}
			}
			before = now
		}
		share, length := float64(lost)/segments, float64(lost)/float64(runs)
		if share < 0.027 || share > 0.033 {
			t.Errorf("burst %v: 3 %% asked for, %.2f %% lost", burst, 100*share)
		}
		if expected := max(1/(1-0.03), burst); length < 0.9*expected || length > 1.1*expected {
			t.Errorf("burst %v: runs of %.2f segments, expected %.2f", burst, length, expected)
		}
	}
}

func TestALostTailWaitsForTheSendersTimerAndALostMiddleDoesNot(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	p := Profile{DelayMs: 20, Loss: 0.02}
	var chain losses
	single, many := late{}, late{}
	for !single.lost {
		single = chain.draw(p, 100, random)
	}
	for !many.sure {
		many = chain.draw(p, 64*segmentBytes, random)
	}
	if single.sure || single.fast != 50*time.Millisecond || single.tail != 240*time.Millisecond {
		t.Errorf("a round trip of 40 ms: fast 50 ms, tail 240 ms, got %+v", single)
	}
	if many.fast != 50*time.Millisecond {
		t.Errorf("segments follow in the chunk: 50 ms, got %+v", many)
	}
}

func TestTheSameSeedDrawsTheSame(t *testing.T) {
	draws := func(seed uint64, direction int) (list []time.Duration) {
		link := &Link{name: "a->b", seed: seed, pairs: map[uint64]*pair{}, flows: [2]*flow{{}, {}}}
		c := link.connect(direction)
		for range 8 {
			list = append(list, Profile{JitterMs: 100}.delay(c.random))
		}
		return list
	}
	equal := func(left, right []time.Duration) bool {
		for index := range left {
			if left[index] != right[index] {
				return false
			}
		}
		return true
	}
	if !equal(draws(7, upstream), draws(7, upstream)) {
		t.Error("one seed drew two series")
	}
	if equal(draws(7, upstream), draws(8, upstream)) || equal(draws(7, upstream), draws(7, downstream)) {
		t.Error("another seed, or the other direction, drew the same")
	}
}

func TestProfilesThatMeanNothingAreRefused(t *testing.T) {
	link := &Link{flows: [2]*flow{{}, {}}}
	for _, p := range []Profile{
		{DelayMs: -1}, {Loss: 0.6}, {Burst: 0.5}, {Distribution: "pareto"}, {JitterMs: 1e9},
	} {
		if link.Set(p) == nil {
			t.Errorf("%+v was taken", p)
		}
	}
}

func TestBucketsHoldTheirValues(t *testing.T) {
	for _, us := range []uint64{0, 1, 15, 16, 17, 31, 32, 1000, 120_000, 59_999_999} {
		bucket := bucketOf(us)
		if upperUs(bucket) < us || (bucket > 0 && upperUs(bucket-1) >= us) {
			t.Errorf("%d µs is in bucket %d, up to %d", us, bucket, upperUs(bucket))
		}
	}
}
