// Command toxiproxy is Toxiproxy's server with the toxic of package linkprofile on every link.
//
//	toxiproxy --listen 127.0.0.1:4000 --seed 1 --link 'gateway/1->etcd/2:client=gateway-1.to.etcd-2.client=127.0.0.1:4001=127.0.0.1:2379' \
//	  --base 'gateway/1->etcd/2:client={"delayMs":40}'
//
// Every link is a proxy, with a name that is safe in a path. It listens from before the program answers, until
// it ends. Toxiproxy's own API is there (standard_api.go has two differences); ours beside it: GET /hunt/links (profiles and live counters), PUT /hunt/links/NAME
// (a profile; an empty object clears it, so that only the link's base holds). docs/links.md has both.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"hunt/native/engines/linkprofile"
)

const (
	linksMax     = 1024
	bodyBytesMax = 4096
	stopBound    = 500 * time.Millisecond
)

// linkFlags are the --link flags, each NAME=PROXY=LISTEN=UPSTREAM.
type linkFlags [][4]string

func (l *linkFlags) String() string { return fmt.Sprint(len(*l)) }

func (l *linkFlags) Set(text string) error {
	parts := strings.Split(text, "=")
	if len(parts) != 4 || slices.Contains(parts, "") {
		return fmt.Errorf("expected NAME=PROXY=LISTEN=UPSTREAM, got %q", text)
	}
	if len(*l) == linksMax {
		return fmt.Errorf("at most %d links", linksMax)
	}
	*l = append(*l, [4]string(parts))
	return nil
}

// baseFlags are the --base flags, each NAME=PROFILE, the profile as PUT takes it.
type baseFlags map[string]linkprofile.Profile

func (b baseFlags) String() string { return fmt.Sprint(len(b)) }

func (b baseFlags) Set(text string) error {
	name, profile, found := strings.Cut(text, "=")
	if !found {
		return fmt.Errorf("expected NAME=PROFILE, got %q", text)
	}
	var base linkprofile.Profile
	if err := readProfile(strings.NewReader(profile), &base); err != nil {
		return err
	}
	b[name] = base
	return nil
}

func main() {
	var wanted linkFlags
	bases := baseFlags{}
	listen := flag.String("listen", "", "HOST:PORT of the API")
	seed := flag.Uint64("seed", 1, "what delays and losses are drawn from")
	flag.Var(&wanted, "link", "NAME=PROXY=LISTEN=UPSTREAM, repeatable")
	flag.Var(bases, "base", "NAME=PROFILE, what a link is like without a fault, repeatable")
	flag.Parse()
	if err := run(*listen, *seed, wanted, bases); err != nil {
		fmt.Fprintln(os.Stderr, "toxiproxy:", err)
		os.Exit(2)
	}
}

func run(listen string, seed uint64, wanted linkFlags, bases baseFlags) error {
	logger := zerolog.New(os.Stderr).With().Timestamp().Logger().Level(zerolog.InfoLevel)
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), logger)
	links, err := openLinks(api, seed, wanted, bases)
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

func openLinks(api *toxiproxy.ApiServer, seed uint64, wanted linkFlags, bases baseFlags) ([]*linkprofile.Link, error) {
	var links []*linkprofile.Link
	for name := range bases {
		if !slices.ContainsFunc(wanted, func(each [4]string) bool { return each[0] == name }) {
			return nil, fmt.Errorf("--base for %q, which is no link", name)
		}
	}
	for _, each := range wanted {
		proxy := toxiproxy.NewProxy(api, each[1], each[2], each[3])
		link, err := linkprofile.Install(proxy, each[0], seed, bases[each[0]])
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

func routes(api *toxiproxy.ApiServer, links []*linkprofile.Link) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /hunt/links", func(w http.ResponseWriter, _ *http.Request) {
		states := make([]linkprofile.State, len(links))
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
			var profile linkprofile.Profile
			if err := readProfile(http.MaxBytesReader(w, r.Body, bodyBytesMax), &profile); err != nil {
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
	mux.Handle("/", standardAPI(api))
	return mux
}

func readProfile(from io.Reader, into *linkprofile.Profile) error {
	decoder := json.NewDecoder(from)
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

func answer(w http.ResponseWriter, document any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(document)
}
