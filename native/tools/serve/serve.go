// Package serve is what the small programs that answer hunt once per second have in common.
package serve

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"os/signal"
	"syscall"
	"time"
)

const stopBound = 500 * time.Millisecond

// UntilStopped answers on HOST:PORT, and runs `beside` with a context that ends with it, until SIGTERM or SIGINT.
func UntilStopped(listen string, handler http.Handler, beside func(context.Context)) error {
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	go beside(ctx)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Second}
	go func() {
		<-ctx.Done()
		bound, cancel := context.WithTimeout(context.Background(), stopBound)
		defer cancel()
		_ = server.Shutdown(bound)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// JSON answers GET `path` with one document of `facts`, or with 503 and the reason why there are none.
func JSON[T any](path string, facts func() (T, error)) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+path, func(response http.ResponseWriter, _ *http.Request) {
		document, err := facts()
		if err != nil {
			http.Error(response, "not available: "+err.Error(), http.StatusServiceUnavailable)
			return
		}
		response.Header().Set("content-type", "application/json")
		_ = json.NewEncoder(response).Encode(document)
	})
	return mux
}
