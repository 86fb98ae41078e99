// Command toxiproxy is Toxiproxy's server with the toxic of package stall on every link.
//
//	toxiproxy --listen 127.0.0.1:4000 --seed 1 --link 'gateway/1->etcd/2:client=127.0.0.1:4001=127.0.0.1:2379'
//
// Every link is a proxy that listens from before the program answers, until it ends. Toxiproxy's own API
// is there as ever; ours beside it: GET /hunt/links (profiles and live counters), PUT /hunt/links/NAME
// (a profile; an empty object clears it). docs/links.md has both.
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
	"strings"
	"syscall"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"hunt/native/engines/stall"
)

const (
	linksMax     = 1024
	bodyBytesMax = 4096
	stopBound    = 500 * time.Millisecond
)

// linkFlags are the --link flags, each NAME=LISTEN=UPSTREAM.
type linkFlags [][3]string

func (l *linkFlags) String() string { return fmt.Sprint(len(*l)) }

func (l *linkFlags) Set(text string) error {
	parts := strings.Split(text, "=")
	if len(parts) != 3 || parts[0] == "" || parts[1] == "" || parts[2] == "" {
		return fmt.Errorf("expected NAME=LISTEN=UPSTREAM, got %q", text)
	}
	if len(*l) == linksMax {
		return fmt.Errorf("at most %d links", linksMax)
	}
	*l = append(*l, [3]string{parts[0], parts[1], parts[2]})
	return nil
}

func main() {
	var wanted linkFlags
	listen := flag.String("listen", "", "HOST:PORT of the API")
	seed := flag.Uint64("seed", 1, "what delays and losses are drawn from")
	flag.Var(&wanted, "link", "NAME=LISTEN=UPSTREAM, repeatable")
	flag.Parse()
	if err := run(*listen, *seed, wanted); err != nil {
		fmt.Fprintln(os.Stderr, "toxiproxy:", err)
		os.Exit(2)
	}
}

func run(listen string, seed uint64, wanted linkFlags) error {
	logger := zerolog.New(os.Stderr).With().Timestamp().Logger().Level(zerolog.InfoLevel)
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), logger)
	links, err := openLinks(api, seed, wanted)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	server := &http.Server{Handler: routes(api, links), ReadHeaderTimeout: time.Second}
	go func() {
		<-ctx.Done()
		bound, cancel := context.WithTimeout(context.Background(), stopBound)
		defer cancel()
		_ = server.Shutdown(bound)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	// The connections go with the process, which is what their ends wait for.
	return nil
}

func openLinks(api *toxiproxy.ApiServer, seed uint64, wanted linkFlags) ([]*stall.Link, error) {
	var links []*stall.Link
	for _, each := range wanted {
		proxy := toxiproxy.NewProxy(api, each[0], each[1], each[2])
		link, err := stall.Install(proxy, seed)
		if err != nil {
			return nil, err
		}
		if err := api.Collection.Add(proxy, true); err != nil {
			return nil, fmt.Errorf("link %s: %w", each[0], err)
		}
		links = append(links, link)
	}
	return links, nil
}

func routes(api *toxiproxy.ApiServer, links []*stall.Link) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hunt/links", func(w http.ResponseWriter, _ *http.Request) {
		states := make([]stall.State, len(links))
		for index, link := range links {
			states[index] = link.State()
		}
		answer(w, map[string]any{"links": states})
	})
	mux.HandleFunc("PUT /hunt/links/{name...}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		for _, link := range links {
			if link.Name() != name {
				continue
			}
			var profile stall.Profile
			body := json.NewDecoder(http.MaxBytesReader(w, r.Body, bodyBytesMax))
			body.DisallowUnknownFields()
			if err := body.Decode(&profile); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			if err := link.Set(profile); err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			answer(w, link.State())
			return
		}
		http.Error(w, fmt.Sprintf("there is no link %q", name), http.StatusNotFound)
	})
	mux.Handle("/", api.Routes())
	return mux
}

func answer(w http.ResponseWriter, document any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(document)
}
