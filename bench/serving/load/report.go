package main

import (
	"math"
	"slices"
	"syscall"
	"time"
)

// Report is what a run found; times in milliseconds.
type Report struct {
	// Requests that were answered rightly (200, or grpc-status 0), all of them.
	Requests int `json:"requests"`
	// Requests that were answered otherwise, or not at all.
	Errors int `json:"errors"`
	// What went wrong, and how often; the first few kinds.
	ErrorKinds map[string]int `json:"errorKinds,omitempty"`
	Seconds    float64        `json:"seconds"`
	// Right answers that came within the time, for each second of it.
	Rate float64 `json:"rate"`
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	P999 float64 `json:"p999"`
	Max  float64 `json:"max"`
	// Open loop: by how much the 99th percentile of requests was sent after it was due, because every connection had one under way.
	LateP99 float64 `json:"lateP99"`
	// Connections that were opened again after the server had closed them between two requests, which is its right.
	Reopened int `json:"reopened"`
	// Processor time of this program itself.
	CPUSeconds float64 `json:"cpuSeconds"`
	BytesIn    int64   `json:"bytesIn"`
}

func milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }

// The smallest time with at least the share q of the sorted times at or below it (nearest rank).
func percentile(sorted []time.Duration, q float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(math.Ceil(q*float64(len(sorted)))) - 1
	return milliseconds(sorted[min(len(sorted)-1, max(0, rank))])
}

func (l *loop) report(seconds float64) Report {
	slices.Sort(l.times)
	slices.Sort(l.late)
	var sum time.Duration
	for _, each := range l.times {
		sum += each
	}
	return Report{
		Requests: len(l.times), Errors: l.errors, ErrorKinds: l.errorKinds,
		Seconds: seconds, Rate: float64(l.inTime) / seconds,
		Mean: milliseconds(sum) / max(1, float64(len(l.times))),
		P50:  percentile(l.times, 0.5), P90: percentile(l.times, 0.9), P99: percentile(l.times, 0.99),
		P999: percentile(l.times, 0.999), Max: percentile(l.times, 1),
		LateP99: percentile(l.late, 0.99), Reopened: l.reopened, CPUSeconds: cpuSeconds(), BytesIn: l.bytesIn,
	}
}

func cpuSeconds() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	seconds := func(t syscall.Timeval) float64 { return float64(t.Sec) + float64(t.Usec)/1e6 }
	return seconds(used.Utime) + seconds(used.Stime)
}
