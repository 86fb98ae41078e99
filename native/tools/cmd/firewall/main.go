// Firewall drops a share of the TCP segments of one port on the loopback interface, for real: nftables on
// the receive side, so that the kernel sees a loss and retransmits. The rules lie in a table that is owned
// by this process's netlink socket: however it ends, the kernel removes them (nft(8), "flags owner").
//
//	firewall --listen 127.0.0.1:9000 --port 9001 --share 0.03 --direction both
//
// GET /drops says what was dropped, towards the port and from it.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	listen := flag.String("listen", "", "where drops are told, host:port")
	port := flag.Int("port", 0, "TCP port whose segments are dropped")
	share := flag.Float64("share", 0, "share of the segments, above 0, 1 drops all")
	direction := flag.String("direction", "both", "to (the port), from (the port) or both")
	flag.Parse()
	if err := run(*listen, *port, *share, *direction); err != nil {
		fmt.Fprintln(os.Stderr, "firewall:", err)
		os.Exit(1)
	}
}

func run(listen string, port int, share float64, direction string) error {
	if port < 1 || port > 65535 || share <= 0 || share > 1 {
		return fmt.Errorf("expected --port 1 to 65535 and --share above 0 up to 1, got %d and %v", port, share)
	}
	if direction != "to" && direction != "from" && direction != "both" {
		return fmt.Errorf("--direction: expected to, from or both, got %q", direction)
	}
	listener, err := net.Listen("tcp4", listen)
	if err != nil {
		return err
	}
	rules, err := install(uint16(port), share, direction)
	if err != nil {
		return fmt.Errorf("the kernel took no rule: %w (it needs CAP_NET_ADMIN and nf_tables)", err)
	}
	defer rules.close()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /drops", func(w http.ResponseWriter, _ *http.Request) {
		drops, err := rules.drops()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("content-type", "application/json")
		_ = json.NewEncoder(w).Encode(drops)
	})
	server := &http.Server{Handler: mux, ReadTimeout: 2 * time.Second, WriteTimeout: 2 * time.Second}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
