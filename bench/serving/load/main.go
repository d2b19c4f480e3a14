// Command load sends prepared bodies to one URL over kept connections, each with one request under way, and says as JSON how that went.
//
//	load -url http://127.0.0.1:7005/v2/models/fraud/infer -bodies bodies.bin -connections 16 -seconds 5
//	load -url grpc://127.0.0.1:7015/inference.GRPCInferenceService/ModelInfer -bodies bodies.bin -connections 1 -seconds 5
//	load -url ... -rate 500        open loop: a request is due every 2 ms, and its time runs from then, whatever became of those before
//
// One thread and one epoll: it shares the machine with what it measures. Linux only.
package main

import (
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

type headers [][2]string

func (h *headers) String() string { return fmt.Sprint(*h) }

func (h *headers) Set(line string) error {
	name, value, ok := strings.Cut(line, ":")
	if !ok {
		return fmt.Errorf("%q is not `name: value`", line)
	}
	*h = append(*h, [2]string{strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)})
	return nil
}

type options struct {
	target      *url.URL
	bodies      [][]byte
	headers     headers
	connections int
	duration    time.Duration
	rate        float64
	patience    time.Duration
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run() error {
	var o options
	address := flag.String("url", "", "http://host:port/path, or grpc://host:port/package.Service/Method")
	bodies := flag.String("bodies", "", "file of bodies that are sent in turn, each behind its length (4 bytes, big endian)")
	body := flag.String("body", "", "file that is one body, instead of -bodies")
	answers := flag.String("answers", "", "writes the last answer to each body here, in the form of -bodies")
	flag.Var(&o.headers, "header", "`name: value`; may be repeated")
	flag.IntVar(&o.connections, "connections", 1, "connections, each with one request under way")
	seconds := flag.Float64("seconds", 5, "how long; SIGINT and SIGTERM end it earlier")
	flag.Float64Var(&o.rate, "rate", 0, "requests a second, open loop; 0: closed loop, each connection as fast as it is answered")
	flag.DurationVar(&o.patience, "patience", 10*time.Second, "how long the requests under way at the end are waited for")
	flag.Parse()
	var err error
	if o.target, err = url.Parse(*address); err != nil || o.target.Host == "" {
		return fmt.Errorf("-url %q is not an address", *address)
	}
	if o.bodies, err = readBodies(*bodies, *body); err != nil {
		return err
	}
	if o.connections < 1 || *seconds <= 0 || o.rate < 0 {
		return fmt.Errorf("-connections and -seconds must be above 0")
	}
	o.duration = time.Duration(*seconds * float64(time.Second))

	// Little is allocated while it runs.
	debug.SetGCPercent(800)
	l, err := newLoop(o)
	if err != nil {
		return err
	}
	go endOnSignal(&l.isEnding)
	report := l.run()
	if *answers != "" {
		if err := writeBodies(*answers, l.answers); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(report)
}

func endOnSignal(isEnding *atomic.Bool) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	<-signals
	isEnding.Store(true)
}

func readBodies(many, one string) ([][]byte, error) {
	if one != "" {
		body, err := os.ReadFile(one)
		return [][]byte{body}, err
	}
	if many == "" {
		return [][]byte{{}}, nil
	}
	content, err := os.ReadFile(many)
	if err != nil {
		return nil, err
	}
	var bodies [][]byte
	for len(content) > 0 {
		if len(content) < 4 || uint32(len(content)-4) < binary.BigEndian.Uint32(content) {
			return nil, fmt.Errorf("%s ends within a body", many)
		}
		length := binary.BigEndian.Uint32(content)
		bodies = append(bodies, content[4:4+length])
		content = content[4+length:]
	}
	if len(bodies) == 0 {
		return nil, fmt.Errorf("%s holds no body", many)
	}
	return bodies, nil
}

func writeBodies(path string, bodies [][]byte) error {
	var content []byte
	for _, body := range bodies {
		content = binary.BigEndian.AppendUint32(content, uint32(len(body)))
		content = append(content, body...)
	}
	return os.WriteFile(path, content, 0o600)
}

func addressOf(target *url.URL) (syscall.Sockaddr, error) {
	address, err := net.ResolveTCPAddr("tcp4", target.Host)
	if err != nil {
		return nil, err
	}
	to := &syscall.SockaddrInet4{Port: address.Port}
	copy(to.Addr[:], address.IP.To4())
	return to, nil
}
