package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"

	"golang.org/x/net/http2/hpack"
)

// gRPC's unary calls on one HTTP/2 connection, one call at a time (RFC 9113, "gRPC over HTTP2").
type grpc struct {
	messages [][]byte
	fields   []hpack.HeaderField

	// Headers of the first request, and of all after it: by then the server's table holds them.
	encoder *hpack.Encoder
	block   bytes.Buffer
	steady  []byte

	decoder    *hpack.Decoder
	httpStatus string
	status     string
	message    string

	held       []byte
	hasSetting bool
	isGone     bool
	stream     uint32
	headBlock  []byte
	endsStream bool
	answer     []byte

	// What the server lets us send: on the connection, on the stream, and on each new stream.
	window, streamWindow, firstWindow int64
	unsent                            []byte
	received                          int64
}

const (
	frameData = iota
	frameHeaders
	framePriority
	frameReset
	frameSettings
	framePush
	framePing
	frameGoAway
	frameWindow
	frameContinuation
)

const (
	flagEndStream  = 0x1
	flagAck        = 0x1
	flagEndHeaders = 0x4
	flagPadded     = 0x8
	flagPriority   = 0x20

	preface     = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
	frameLimit  = 16_384
	ourWindow   = 1 << 30
	windowAtAll = 65_535
)

func newGrpc(target *url.URL, extra headers, bodies [][]byte) *grpc {
	g := &grpc{messages: bodies, window: windowAtAll, firstWindow: windowAtAll, stream: ^uint32(0)}
	g.fields = []hpack.HeaderField{
		{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: "http"}, {Name: ":path", Value: target.Path},
		{Name: ":authority", Value: target.Host}, {Name: "content-type", Value: "application/grpc"},
		{Name: "te", Value: "trailers"}, {Name: "user-agent", Value: "playhead-load"},
	}
	for _, header := range extra {
		g.fields = append(g.fields, hpack.HeaderField{Name: header[0], Value: header[1]})
	}
	g.encoder = hpack.NewEncoder(&g.block)
	g.decoder = hpack.NewDecoder(4096, func(field hpack.HeaderField) {
		switch field.Name {
		case ":status":
			g.httpStatus = field.Value
		case "grpc-status":
			g.status = field.Value
		case "grpc-message":
			g.message = field.Value
		}
	})
	return g
}

func frame(out []byte, kind, flags byte, stream uint32, payload []byte) []byte {
	length := len(payload)
	out = append(out, byte(length>>16), byte(length>>8), byte(length), kind, flags)
	out = binary.BigEndian.AppendUint32(out, stream)
	return append(out, payload...)
}

func (g *grpc) open(out []byte) []byte {
	out = append(out, preface...)
	const enablePush, initialWindow = 2, 4
	var settings []byte
	settings = append(settings, 0, enablePush, 0, 0, 0, 0, 0, initialWindow)
	settings = binary.BigEndian.AppendUint32(settings, ourWindow)
	out = frame(out, frameSettings, 0, 0, settings)
	return frame(out, frameWindow, 0, 0, binary.BigEndian.AppendUint32(nil, ourWindow-windowAtAll))
}

func (g *grpc) isReady() bool { return g.hasSetting }
func (g *grpc) isLast() bool  { return g.isGone }

func (g *grpc) begin(body int, out []byte) []byte {
	g.stream += 2
	g.httpStatus, g.status, g.message = "", "", ""
	g.answer = g.answer[:0]
	g.streamWindow = g.firstWindow
	out = frame(out, frameHeaders, flagEndHeaders, g.stream, g.headers())
	message := g.messages[body]
	g.unsent = append(g.unsent[:0], 0)
	g.unsent = binary.BigEndian.AppendUint32(g.unsent, uint32(len(message)))
	g.unsent = append(g.unsent, message...)
	return g.sendBody(out)
}

// The first time the fields go into the server's table, from then on they are the same few indices.
func (g *grpc) headers() []byte {
	if g.steady != nil {
		return g.steady
	}
	g.block.Reset()
	for _, field := range g.fields {
		_ = g.encoder.WriteField(field)
	}
	if g.stream > 1 {
		g.steady = bytes.Clone(g.block.Bytes())
	}
	return g.block.Bytes()
}

func (g *grpc) sendBody(out []byte) []byte {
	for len(g.unsent) > 0 {
		n := min(int64(len(g.unsent)), frameLimit, g.window, g.streamWindow)
		if n <= 0 {
			return out
		}
		var flags byte
		if n == int64(len(g.unsent)) {
			flags = flagEndStream
		}
		out = frame(out, frameData, flags, g.stream, g.unsent[:n])
		g.unsent = g.unsent[n:]
		g.window -= n
		g.streamWindow -= n
	}
	return out
}

func (g *grpc) read(data, out []byte) ([]byte, []byte, bool, error) {
	if len(g.held) > 0 {
		g.held = append(g.held, data...)
		data = g.held
	}
	isWhole := false
	var failure error
	for len(data) >= 9 {
		length := int(data[0])<<16 | int(data[1])<<8 | int(data[2])
		if len(data) < 9+length {
			break
		}
		var isEnd bool
		var err error
		out, isEnd, err = g.take(data[3], data[4], binary.BigEndian.Uint32(data[5:])&^(1<<31), data[9:9+length], out)
		if err != nil && !isEnd {
			return out, nil, false, err
		}
		if isEnd {
			isWhole, failure = true, err
		}
		data = data[9+length:]
	}
	g.held = append(g.held[:0], data...)
	if !isWhole {
		return out, nil, false, nil
	}
	if failure == nil {
		failure = g.verdict()
	}
	if failure != nil {
		return out, nil, true, failure
	}
	return out, g.answer[5:], true, nil
}

func (g *grpc) verdict() error {
	switch {
	case g.httpStatus != "200":
		return fmt.Errorf("HTTP status %s", g.httpStatus)
	case g.status != "0":
		return fmt.Errorf("grpc-status %s: %.200s", g.status, g.message)
	case len(g.answer) < 5 || g.answer[0] != 0 || int(binary.BigEndian.Uint32(g.answer[1:])) != len(g.answer)-5:
		return errors.New("the answer is not one plain message")
	}
	return nil
}

// Takes one frame; true when it ends the answer.
func (g *grpc) take(kind, flags byte, stream uint32, payload, out []byte) ([]byte, bool, error) {
	switch kind {
	case frameData:
		content, err := unpadded(flags, payload)
		if err != nil {
			return out, false, err
		}
		if stream == g.stream {
			g.answer = append(g.answer, content...)
		}
		if g.received += int64(len(payload)); g.received > ourWindow/2 {
			out = frame(out, frameWindow, 0, 0, binary.BigEndian.AppendUint32(nil, uint32(g.received)))
			g.received = 0
		}
		return out, stream == g.stream && flags&flagEndStream != 0, nil
	case frameHeaders:
		block, err := unpadded(flags, payload)
		if err == nil && flags&flagPriority != 0 {
			if len(block) < 5 {
				return out, false, errors.New("malformed HEADERS frame")
			}
			block = block[5:]
		}
		if err != nil {
			return out, false, err
		}
		g.headBlock = append(g.headBlock[:0], block...)
		g.endsStream = flags&flagEndStream != 0
		return g.decoded(flags, stream, out)
	case frameContinuation:
		g.headBlock = append(g.headBlock, payload...)
		return g.decoded(flags, stream, out)
	case frameReset:
		if stream == g.stream && len(payload) >= 4 {
			g.unsent = g.unsent[:0]
			return out, true, fmt.Errorf("stream reset, code %d", binary.BigEndian.Uint32(payload))
		}
	case frameSettings:
		if flags&flagAck == 0 {
			g.settings(payload)
			out = frame(out, frameSettings, flagAck, 0, nil)
			out = g.sendBody(out)
		}
	case framePing:
		if flags&flagAck == 0 {
			out = frame(out, framePing, flagAck, 0, payload)
		}
	case frameGoAway:
		g.isGone = true
	case frameWindow:
		if len(payload) >= 4 {
			more := int64(binary.BigEndian.Uint32(payload) &^ (1 << 31))
			if stream == 0 {
				g.window += more
			} else if stream == g.stream {
				g.streamWindow += more
			}
			out = g.sendBody(out)
		}
	}
	return out, false, nil
}

func (g *grpc) decoded(flags byte, stream uint32, out []byte) ([]byte, bool, error) {
	if flags&flagEndHeaders == 0 {
		return out, false, nil
	}
	if _, err := g.decoder.Write(g.headBlock); err != nil {
		return out, false, err
	}
	if err := g.decoder.Close(); err != nil {
		return out, false, err
	}
	return out, stream == g.stream && g.endsStream, nil
}

func (g *grpc) settings(payload []byte) {
	const headerTable, initialWindow = 1, 4
	for ; len(payload) >= 6; payload = payload[6:] {
		value := binary.BigEndian.Uint32(payload[2:])
		switch binary.BigEndian.Uint16(payload) {
		case headerTable:
			g.encoder.SetMaxDynamicTableSizeLimit(value)
			g.steady = nil
		case initialWindow:
			g.streamWindow += int64(value) - g.firstWindow
			g.firstWindow = int64(value)
		}
	}
	g.hasSetting = true
}

func unpadded(flags byte, payload []byte) ([]byte, error) {
	if flags&flagPadded == 0 {
		return payload, nil
	}
	if len(payload) == 0 || int(payload[0]) >= len(payload) {
		return nil, errors.New("malformed padding")
	}
	return payload[1 : len(payload)-int(payload[0])], nil
}
