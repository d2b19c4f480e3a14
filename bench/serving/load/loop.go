package main

import (
	"errors"
	"fmt"
	"io"
	"math"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

// A protocol on one connection. What is to be sent is appended to `out`.
type protocol interface {
	open(out []byte) []byte
	// False while the server has not said what must be known before the first request.
	isReady() bool
	// Begins the request with this body; called only when none is under way.
	begin(body int, out []byte) []byte
	// Takes what has come. With a whole answer: its content, valid until the next call, and true.
	read(data, out []byte) (rest []byte, answer []byte, isWhole bool, err error)
	// True when the server has said that it closes the connection after this answer.
	isLast() bool
}

type connection struct {
	fd       int
	protocol protocol
	out      []byte
	// A request is under way, due then, with this body.
	isBusy bool
	due    time.Time
	body   int
	isOpen bool
	// Waits for EPOLLOUT as well.
	isBlocked bool
}

type loop struct {
	options
	isEnding    atomic.Bool
	to          syscall.Sockaddr
	epoll       int
	connections []*connection
	free        []*connection
	buffer      []byte
	turn        int
	end         time.Time

	// Open loop.
	timer    int
	nextDue  time.Time
	interval time.Duration
	waiting  []time.Time

	times, late              []time.Duration
	inTime, errors, reopened int
	errorKinds               map[string]int
	answers                  [][]byte
	bytesIn                  int64
	underWay                 int
	isTaking                 bool
}

const timerKey = -1

func newLoop(o options) (*loop, error) {
	to, err := addressOf(o.target)
	if err != nil {
		return nil, err
	}
	if o.target.Scheme != "http" && o.target.Scheme != "grpc" {
		return nil, fmt.Errorf("%s: http and grpc are known", o.target.Scheme)
	}
	l := &loop{
		options: o, to: to, buffer: make([]byte, 256<<10), timer: -1,
		errorKinds: map[string]int{}, answers: make([][]byte, len(o.bodies)),
		times: make([]time.Duration, 0, 1<<20),
	}
	if l.epoll, err = syscall.EpollCreate1(0); err != nil {
		return nil, err
	}
	for range o.connections {
		c := &connection{}
		l.connections = append(l.connections, c)
		if err := l.connect(c); err != nil {
			return nil, fmt.Errorf("%s: %w", o.target.Host, err)
		}
	}
	return l, nil
}

func (l *loop) newProtocol() protocol {
	if l.target.Scheme == "grpc" {
		return newGrpc(l.target, l.headers, l.bodies)
	}
	return newHttp1(l.target, l.headers, l.bodies)
}

func (l *loop) connect(c *connection) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	for {
		err = syscall.Connect(fd, l.to)
		if err != syscall.EINTR {
			break
		}
	}
	if err == nil {
		err = errors.Join(
			syscall.SetNonblock(fd, true),
			syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1),
			syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, fd, l.interest(c, false)),
		)
	}
	if err != nil {
		syscall.Close(fd)
		return err
	}
	*c = connection{fd: fd, protocol: l.newProtocol(), isOpen: true, out: c.out[:0]}
	c.out = c.protocol.open(c.out)
	return l.flush(c)
}

func (l *loop) interest(c *connection, isBlocked bool) *syscall.EpollEvent {
	event := &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(l.indexOf(c))}
	if isBlocked {
		event.Events |= syscall.EPOLLOUT
	}
	return event
}

func (l *loop) indexOf(c *connection) int {
	for i, each := range l.connections {
		if each == c {
			return i
		}
	}
	return -2
}

// Sends until its time is over, then waits for what is under way.
func (l *loop) run() Report {
	l.isTaking = true
	if err := l.untilReady(); err != nil {
		l.fail(err)
		return l.report(1)
	}
	start := time.Now()
	l.end = start.Add(l.duration)
	if l.rate > 0 {
		l.interval = time.Duration(math.Round(1e9 / l.rate))
		l.nextDue = start
		if err := l.startTimer(); err != nil {
			l.fail(err)
			return l.report(1)
		}
		l.free = append(l.free, l.connections...)
		l.sendDue(start)
	} else {
		for _, c := range l.connections {
			l.send(c, time.Now())
		}
	}
	for l.isTaking {
		l.poll(100 * time.Millisecond)
		l.isTaking = time.Now().Before(l.end) && !l.isEnding.Load()
	}
	seconds := time.Since(start).Seconds()
	// Answers from here on count for the times, not for the rate.
	l.end = time.Now()
	for deadline := time.Now().Add(l.patience); (l.underWay > 0 || len(l.waiting) > 0) && time.Now().Before(deadline); {
		l.poll(10 * time.Millisecond)
	}
	for range l.underWay + len(l.waiting) {
		l.fail(errors.New("no answer"))
	}
	return l.report(seconds)
}

func (l *loop) untilReady() error {
	for deadline := time.Now().Add(l.patience); ; {
		isReady := true
		for _, c := range l.connections {
			isReady = isReady && c.isOpen && c.protocol.isReady()
		}
		if isReady {
			return nil
		}
		if time.Now().After(deadline) {
			return errors.New("the server does not say its settings")
		}
		l.poll(10 * time.Millisecond)
	}
}

func (l *loop) poll(patience time.Duration) {
	var events [64]syscall.EpollEvent
	n, err := syscall.EpollWait(l.epoll, events[:], int(patience/time.Millisecond))
	if err != nil {
		return
	}
	for _, event := range events[:n] {
		if event.Fd == timerKey {
			var expirations [8]byte
			_, _ = syscall.Read(l.timer, expirations[:])
			l.sendDue(time.Now())
			continue
		}
		c := l.connections[event.Fd]
		if event.Events&syscall.EPOLLOUT != 0 {
			l.check(c, l.flush(c))
		}
		if c.isOpen && event.Events&(syscall.EPOLLIN|syscall.EPOLLHUP|syscall.EPOLLERR) != 0 {
			l.check(c, l.receive(c))
		}
	}
}

func (l *loop) send(c *connection, due time.Time) {
	if !c.isOpen || c.protocol.isLast() {
		l.reopened++
		l.close(c)
		if err := l.connect(c); err != nil {
			l.fail(err)
			l.rest(c)
			return
		}
	}
	c.isBusy, c.due, c.body = true, due, l.turn
	l.underWay++
	l.turn = (l.turn + 1) % len(l.bodies)
	c.out = c.protocol.begin(c.body, c.out)
	l.check(c, l.flush(c))
}

func (l *loop) flush(c *connection) error {
	for len(c.out) > 0 {
		n, err := syscall.Write(c.fd, c.out)
		if err == syscall.EAGAIN {
			break
		}
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			return err
		}
		c.out = c.out[:copy(c.out, c.out[n:])]
	}
	if isBlocked := len(c.out) > 0; isBlocked != c.isBlocked {
		c.isBlocked = isBlocked
		return syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_MOD, c.fd, l.interest(c, isBlocked))
	}
	return nil
}

func (l *loop) receive(c *connection) error {
	n, err := syscall.Read(c.fd, l.buffer)
	if err == syscall.EAGAIN || err == syscall.EINTR {
		return nil
	}
	if err != nil {
		return err
	}
	if n == 0 {
		return io.EOF
	}
	l.bytesIn += int64(n)
	out, answer, isWhole, err := c.protocol.read(l.buffer[:n], c.out)
	c.out = out
	if isWhole && c.isBusy {
		l.answered(c, answer, err)
		return nil
	}
	if err != nil {
		return err
	}
	return l.flush(c)
}

// An answer that says something is wrong leaves the connection as it is.
func (l *loop) answered(c *connection, answer []byte, err error) {
	now := time.Now()
	c.isBusy = false
	l.underWay--
	if err != nil {
		l.fail(err)
	} else {
		l.times = append(l.times, now.Sub(c.due))
		if !now.After(l.end) {
			l.inTime++
		}
		l.answers[c.body] = append(l.answers[c.body][:0], answer...)
	}
	l.next(c, now)
}

// The connection goes on with the request that waits longest, the next one, or nothing.
func (l *loop) next(c *connection, now time.Time) {
	switch {
	case len(l.waiting) > 0:
		due := l.waiting[0]
		l.waiting = l.waiting[1:]
		l.late = append(l.late, now.Sub(due))
		l.send(c, due)
	case l.rate > 0:
		l.free = append(l.free, c)
	case l.isTaking && now.Before(l.end):
		l.send(c, now)
	}
}

// What is wrong with a connection ends it, and with it the request on it.
func (l *loop) check(c *connection, err error) {
	if err == nil {
		return
	}
	wasBusy := c.isBusy
	l.close(c)
	if !wasBusy {
		return
	}
	l.underWay--
	l.fail(err)
	l.rest(c)
}

func (l *loop) close(c *connection) {
	if c.isOpen {
		syscall.Close(c.fd)
	}
	c.isOpen, c.isBusy = false, false
}

// After a broken connection: the server is not asked again at once, lest a dead one is asked a million times.
func (l *loop) rest(c *connection) {
	time.Sleep(time.Millisecond)
	if l.isTaking {
		l.next(c, time.Now())
	} else if l.rate > 0 {
		l.free = append(l.free, c)
	}
}

func (l *loop) fail(err error) {
	l.errors++
	kind := err.Error()
	if _, isKnown := l.errorKinds[kind]; isKnown || len(l.errorKinds) < 10 {
		l.errorKinds[kind]++
	}
}

// Sends all requests whose time has come, and sets the timer for the one after them.
func (l *loop) sendDue(now time.Time) {
	for !l.nextDue.After(now) && l.nextDue.Before(l.end) {
		due := l.nextDue
		l.nextDue = due.Add(l.interval)
		if len(l.free) == 0 {
			l.waiting = append(l.waiting, due)
			continue
		}
		c := l.free[0]
		l.free = l.free[1:]
		l.late = append(l.late, now.Sub(due))
		l.send(c, due)
		now = time.Now()
	}
	l.setTimer(l.nextDue.Sub(time.Now()))
}

func (l *loop) startTimer() error {
	const monotonic = 1
	fd, _, failure := syscall.Syscall(syscall.SYS_TIMERFD_CREATE, monotonic, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if failure != 0 {
		return failure
	}
	l.timer = int(fd)
	event := &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: timerKey}
	return syscall.EpollCtl(l.epoll, syscall.EPOLL_CTL_ADD, l.timer, event)
}

// The kernel's timer is exact to some microseconds; the timeouts of Go's own poller and of epoll are not.
func (l *loop) setTimer(after time.Duration) {
	once := struct{ interval, value syscall.Timespec }{value: syscall.NsecToTimespec(max(1, int64(after)))}
	_, _, _ = syscall.Syscall6(syscall.SYS_TIMERFD_SETTIME, uintptr(l.timer), 0, uintptr(unsafe.Pointer(&once)), 0, 0, 0)
}
