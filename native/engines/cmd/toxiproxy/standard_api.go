package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"
	"unsafe"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/Shopify/toxiproxy/v2/toxics"
)

const (
	resetType = "reset_peer"
	// ownToxic begins the name of our toxic, on which the links' profiles and counters hang.
	ownToxic = "link-profile"
	// What SetLinger takes: a close then sends RST, or FIN as by default.
	lingerReset, lingerDefault = 0, -1
)

// standardAPI is Toxiproxy's own API, with two differences. Our toxic stays where it is: without it a link
// has neither counters nor profiles. And reset_peer resets connections that are open already: Toxiproxy
// itself makes only later ones end by RST, and the others by FIN.
func standardAPI(api *toxiproxy.ApiServer) http.Handler {
	plain := api.Routes()
	mux := http.NewServeMux()
	mux.Handle("/", plain)
	mux.HandleFunc("POST /reset", func(w http.ResponseWriter, r *http.Request) { resetAll(api, w, r) })
	mux.HandleFunc("POST /proxies/{proxy}/toxics", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyBytesMax))
		if err != nil {
			http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
			return
		}
		var toxic struct {
			Type string `json:"type"`
		}
		if json.Unmarshal(body, &toxic) == nil && toxic.Type == resetType {
			setLinger(api, r.PathValue("proxy"), lingerReset)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		plain.ServeHTTP(w, r)
	})
	changeToxic := func(w http.ResponseWriter, r *http.Request) {
		proxy, toxic := r.PathValue("proxy"), r.PathValue("toxic")
		if strings.HasPrefix(toxic, ownToxic) {
			http.Error(w, fmt.Sprintf("%s of %s is hunt's: PUT /hunt/links sets it", toxic, proxy), http.StatusConflict)
			return
		}
		resets := r.Method == http.MethodDelete && isReset(api, proxy, toxic)
		plain.ServeHTTP(w, r)
		if resets {
			setLinger(api, proxy, lingerDefault)
		}
	}
	for _, method := range []string{http.MethodDelete, http.MethodPatch, http.MethodPost} {
		mux.HandleFunc(method+" /proxies/{proxy}/toxics/{toxic}", changeToxic)
	}
	return mux
}

// resetAll is POST /reset: every proxy is enabled, every toxic but ours is removed.
func resetAll(api *toxiproxy.ApiServer, w http.ResponseWriter, r *http.Request) {
	for name, proxy := range api.Collection.Proxies() {
		if err := proxy.Start(); err != nil && err != toxiproxy.ErrProxyAlreadyStarted {
			http.Error(w, fmt.Sprintf("%s: %v", name, err), http.StatusInternalServerError)
			return
		}
		for _, toxic := range proxy.Toxics.GetToxicArray() {
			wrapper, known := toxic.(*toxics.ToxicWrapper)
			if !known || wrapper.Type == ownToxic {
				continue
			}
			if err := proxy.Toxics.RemoveToxic(r.Context(), wrapper.Name); err != nil && err != toxiproxy.ErrToxicNotFound {
				http.Error(w, fmt.Sprintf("%s: %v", name, err), http.StatusInternalServerError)
				return
			}
		}
		setLinger(api, name, lingerDefault)
	}
	w.WriteHeader(http.StatusNoContent)
}

func isReset(api *toxiproxy.ApiServer, proxyName, toxicName string) bool {
	proxy, err := api.Collection.Get(proxyName)
	if err != nil {
		return false
	}
	toxic := proxy.Toxics.GetToxic(toxicName)
	return toxic != nil && toxic.Type == resetType
}

// setLinger acts on the open connections of a proxy, both sides of each. Toxiproxy does not show them, so
// they are read past its types; the version is pinned, and a test holds the names.
func setLinger(api *toxiproxy.ApiServer, proxyName string, seconds int) {
	proxy, err := api.Collection.Get(proxyName)
	if err != nil {
		return
	}
	field := reflect.ValueOf(proxy).Elem().FieldByName("connections")
	connections := (*toxiproxy.ConnectionList)(unsafe.Pointer(field.UnsafeAddr()))
	list := field.FieldByName("list")
	connections.Lock()
	defer connections.Unlock()
	byName := *(*map[string]net.Conn)(unsafe.Pointer(list.UnsafeAddr()))
	for _, connection := range byName {
		if tcp, ok := connection.(*net.TCPConn); ok {
			_ = tcp.SetLinger(seconds)
		}
	}
}
