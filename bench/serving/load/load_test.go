package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func serve(t *testing.T, handler http.HandlerFunc) *url.URL {
	server := httptest.NewUnstartedServer(handler)
	server.Config.Protocols = new(http.Protocols)
	server.Config.Protocols.SetHTTP1(true)
	server.Config.Protocols.SetUnencryptedHTTP2(true)
	server.Start()
	t.Cleanup(server.Close)
	target, err := url.Parse(server.URL + "/package.Service/Method")
	if err != nil {
		t.Fatal(err)
	}
	return target
}

func grpcOf(target *url.URL) *url.URL {
	changed := *target
	changed.Scheme = "grpc"
	return &changed
}

func load(t *testing.T, o options) (Report, *loop) {
	if o.connections == 0 {
		o.connections = 4
	}
	o.patience = 5 * time.Second
	l, err := newLoop(o)
	if err != nil {
		t.Fatal(err)
	}
	return l.run(), l
}

// Bodies of many sizes, the last one beyond a frame and the first windows of HTTP/2.
func bodies() [][]byte {
	var all [][]byte
	for _, length := range []int{1, 100, 5_000, 300_000} {
		all = append(all, bytes.Repeat([]byte{byte('a' + len(all))}, length))
	}
	return all
}

func echo(count *atomic.Int64) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = w.Write(body)
	}
}

func echoGrpc(count *atomic.Int64, status string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		if r.ProtoMajor != 2 || r.Header.Get("Content-Type") != "application/grpc" {
			w.WriteHeader(http.StatusTeapot)
			return
		}
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Trailer", "Grpc-Status, Grpc-Message")
		_, _ = w.Write(body)
		w.Header().Set("Grpc-Status", status)
		w.Header().Set("Grpc-Message", "because")
	}
}

func TestEveryAnswerIsCountedOnceAndBelongsToItsBody(t *testing.T) {
	for name, test := range map[string]struct {
		handler func(*atomic.Int64) http.HandlerFunc
		target  func(*url.URL) *url.URL
	}{
		"http": {echo, func(u *url.URL) *url.URL { return u }},
		"grpc": {func(c *atomic.Int64) http.HandlerFunc { return echoGrpc(c, "0") }, grpcOf},
		"http in chunks": {func(c *atomic.Int64) http.HandlerFunc {
			return func(w http.ResponseWriter, r *http.Request) {
				c.Add(1)
				body, _ := io.ReadAll(r.Body)
				for len(body) > 0 {
					n := min(len(body), 70_000)
					_, _ = w.Write(body[:n])
					w.(http.Flusher).Flush()
					body = body[n:]
				}
			}
		}, func(u *url.URL) *url.URL { return u }},
	} {
		t.Run(name, func(t *testing.T) {
			var count atomic.Int64
			target := test.target(serve(t, test.handler(&count)))
			report, l := load(t, options{target: target, bodies: bodies(), duration: 300 * time.Millisecond})
			if report.Errors != 0 || int64(report.Requests) != count.Load() || report.Requests < 8 {
				t.Fatalf("%+v, the server saw %d", report, count.Load())
			}
			for i, body := range bodies() {
				if !bytes.Equal(l.answers[i], body) {
					t.Fatalf("answer %d has %d bytes, its body %d", i, len(l.answers[i]), len(body))
				}
			}
		})
	}
}

func TestWrongAnswersAreErrors(t *testing.T) {
	var count atomic.Int64
	target := grpcOf(serve(t, echoGrpc(&count, "13")))
	report, _ := load(t, options{target: target, bodies: bodies(), duration: 50 * time.Millisecond})
	if report.Requests != 0 || int64(report.Errors) != count.Load() || report.ErrorKinds["grpc-status 13: because"] == 0 {
		t.Fatalf("%+v", report)
	}
	target = serve(t, func(w http.ResponseWriter, r *http.Request) { http.Error(w, "no", http.StatusTooManyRequests) })
	report, _ = load(t, options{target: target, bodies: bodies(), duration: 50 * time.Millisecond})
	if report.Requests != 0 || report.Errors == 0 || !strings.HasPrefix(fmt.Sprint(report.ErrorKinds), "map[status 429: no") {
		t.Fatalf("%+v", report)
	}
}

func TestAnAnnouncedCloseIsNoError(t *testing.T) {
	target := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Connection", "close")
		w.Header().Set("Content-Length", "0")
	})
	report, _ := load(t, options{target: target, bodies: [][]byte{{}}, duration: 50 * time.Millisecond})
	if report.Errors != 0 || report.Requests == 0 || report.Reopened == 0 {
		t.Fatalf("%+v", report)
	}
}

func TestABrokenConnectionIsAnError(t *testing.T) {
	target := serve(t, func(w http.ResponseWriter, r *http.Request) { panic(http.ErrAbortHandler) })
	report, _ := load(t, options{target: target, bodies: [][]byte{{}}, duration: 50 * time.Millisecond})
	if report.Errors == 0 || report.Requests != 0 {
		t.Fatalf("%+v", report)
	}
}

// One stall of 200 ms at 200 requests a second on one connection: the 40 requests that were due meanwhile are late too.
func TestOpenLoopCountsFromWhenARequestWasDue(t *testing.T) {
	var count atomic.Int64
	target := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if count.Add(1) == 50 {
			time.Sleep(200 * time.Millisecond)
		}
		w.Header().Set("Content-Length", "0")
	})
	report, l := load(t, options{target: target, bodies: [][]byte{{}}, duration: time.Second, rate: 200, connections: 1})
	late := 0
	for _, each := range l.times {
		if each > 20*time.Millisecond {
			late++
		}
	}
	if report.Requests != 200 || late < 30 || late > 60 {
		t.Fatalf("%+v, %d late", report, late)
	}
}

func TestNearestRank(t *testing.T) {
	sorted := []time.Duration{1e6, 2e6, 3e6, 4e6}
	for q, want := range map[float64]float64{0.25: 1, 0.5: 2, 0.51: 3, 0.99: 4, 1: 4} {
		if got := percentile(sorted, q); got != want {
			t.Errorf("percentile(%v) = %v, not %v", q, got, want)
		}
	}
}
