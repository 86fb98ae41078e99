package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"hunt/native/engines/linkprofile"
)

const linkName, proxyName = "k6/1->proxy/1:http", "k6-1.to.proxy-1.http"

// startAPI serves one link to a server that sends back what it gets, and connects to it.
func startAPI(t *testing.T) (*httptest.Server, net.Conn) {
	t.Helper()
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = echo.Close() })
	go func() {
		for {
			connection, err := echo.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(connection, connection) }()
		}
	}()
	api := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(prometheus.NewRegistry()), zerolog.Nop())
	wanted := linkFlags{{linkName, proxyName, "127.0.0.1:0", echo.Addr().String()}}
	links, err := openLinks(api, 1, wanted, map[string]linkprofile.Profile{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = api.Collection.Clear() })
	server := httptest.NewServer(routes(api, links))
	t.Cleanup(server.Close)
	proxy, err := api.Collection.Get(proxyName)
	if err != nil {
		t.Fatal(err)
	}
	client, err := net.Dial("tcp", proxy.Listen)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	_ = client.SetDeadline(time.Now().Add(5 * time.Second))
	return server, client
}

func call(t *testing.T, method, url, body string) int {
	t.Helper()
	request, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	return answer.StatusCode
}

func exchange(t *testing.T, client net.Conn) error {
	t.Helper()
	if _, err := client.Write([]byte("x")); err != nil {
		return err
	}
	_, err := io.ReadFull(client, make([]byte, 1))
	return err
}

func TestResetPeerResetsAConnectionThatWasOpenBefore(t *testing.T) {
	server, client := startAPI(t)
	if err := exchange(t, client); err != nil {
		t.Fatal(err)
	}
	url := server.URL + "/proxies/" + proxyName + "/toxics"
	if code := call(t, "POST", url, `{"type":"reset_peer","stream":"upstream"}`); code != http.StatusOK {
		t.Fatalf("the toxic was answered %d", code)
	}
	if err := exchange(t, client); !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("expected a reset, got %v", err)
	}
}

func TestOurToxicOutlivesToxiproxysOwnReset(t *testing.T) {
	server, client := startAPI(t)
	proxy := server.URL + "/proxies/" + proxyName
	own := proxy + "/toxics/link-profile_upstream"
	if code := call(t, "DELETE", own, ""); code != http.StatusConflict {
		t.Fatalf("removing our toxic was answered %d", code)
	}
	if code := call(t, "POST", proxy+"/toxics", `{"name":"slow","type":"latency"}`); code != http.StatusOK {
		t.Fatalf("the toxic was answered %d", code)
	}
	if code := call(t, "POST", server.URL+"/reset", ""); code != http.StatusNoContent {
		t.Fatalf("the reset was answered %d", code)
	}
	for url, expected := range map[string]int{own: http.StatusOK, proxy + "/toxics/slow": http.StatusNotFound} {
		if code := call(t, "GET", url, ""); code != expected {
			t.Fatalf("%s: expected %d, got %d", url, expected, code)
		}
	}
	if err := exchange(t, client); err != nil {
		t.Fatal(err)
	}
}
