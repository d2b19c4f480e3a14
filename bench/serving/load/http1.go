package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"strconv"
)

// HTTP/1.1 with kept connections; whole requests are prepared once.
type http1 struct {
	requests [][]byte
	// What has come of an answer that is not whole.
	held   []byte
	isOver bool
}

var preparedRequests = map[*url.URL][][]byte{}

func newHttp1(target *url.URL, extra headers, bodies [][]byte) *http1 {
	requests, ok := preparedRequests[target]
	if !ok {
		for _, body := range bodies {
			requests = append(requests, requestOf(target, extra, body))
		}
		preparedRequests[target] = requests
	}
	return &http1{requests: requests}
}

func requestOf(target *url.URL, extra headers, body []byte) []byte {
	var text bytes.Buffer
	method := "POST"
	if len(body) == 0 {
		method = "GET"
	}
	fmt.Fprintf(&text, "%s %s HTTP/1.1\r\nhost: %s\r\n", method, target.RequestURI(), target.Host)
	hasType := false
	for _, header := range extra {
		hasType = hasType || header[0] == "content-type"
		fmt.Fprintf(&text, "%s: %s\r\n", header[0], header[1])
	}
	if len(body) > 0 {
		if !hasType {
			text.WriteString("content-type: application/json\r\n")
		}
		fmt.Fprintf(&text, "content-length: %d\r\n", len(body))
	}
	text.WriteString("\r\n")
	text.Write(body)
	return text.Bytes()
}

func (h *http1) open(out []byte) []byte { return out }
func (h *http1) isReady() bool          { return true }
func (h *http1) isLast() bool           { return h.isOver }

func (h *http1) begin(body int, out []byte) []byte { return append(out, h.requests[body]...) }

var (
	endOfHead = []byte("\r\n\r\n")
	endOfLine = []byte("\r\n")
)

var errMalformed = errors.New("malformed HTTP answer")

func (h *http1) read(data, out []byte) ([]byte, []byte, bool, error) {
	if len(h.held) > 0 {
		h.held = append(h.held, data...)
		data = h.held
	}
	content, status, isWhole, err := h.parse(data)
	if !isWhole && err == nil {
		if len(h.held) == 0 {
			h.held = append(h.held, data...)
		}
		return out, nil, false, nil
	}
	h.held = h.held[:0]
	if err == nil && status != 200 {
		err = fmt.Errorf("status %d: %.200s", status, content)
	}
	return out, content, isWhole, err
}

func (h *http1) parse(data []byte) (content []byte, status int, isWhole bool, err error) {
	end := bytes.Index(data, endOfHead)
	if end < 0 {
		return nil, 0, false, nil
	}
	head, rest := data[:end], data[end+len(endOfHead):]
	line, head, _ := bytes.Cut(head, endOfLine)
	if len(line) < 12 || !bytes.HasPrefix(line, []byte("HTTP/1.")) {
		return nil, 0, false, errMalformed
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return nil, 0, false, errMalformed
	}
	length, isChunked := -1, false
	for len(head) > 0 {
		line, head, _ = bytes.Cut(head, endOfLine)
		name, value, _ := bytes.Cut(line, []byte(":"))
		value = bytes.TrimSpace(value)
		switch {
		case len(name) == 14 && bytes.EqualFold(name, []byte("content-length")):
			if length, err = strconv.Atoi(string(value)); err != nil || length < 0 {
				return nil, 0, false, errMalformed
			}
		case len(name) == 17 && bytes.EqualFold(name, []byte("transfer-encoding")):
			isChunked = bytes.EqualFold(value, []byte("chunked"))
		case len(name) == 10 && bytes.EqualFold(name, []byte("connection")):
			h.isOver = bytes.EqualFold(value, []byte("close"))
		}
	}
	if isChunked {
		content, isWhole, err = joinChunks(rest)
		return content, status, isWhole, err
	}
	if length < 0 {
		return nil, 0, false, errors.New("an answer without its length")
	}
	if len(rest) < length {
		return nil, 0, false, nil
	}
	return rest[:length], status, true, nil
}

func joinChunks(data []byte) ([]byte, bool, error) {
	var content []byte
	for {
		line, rest, ok := bytes.Cut(data, endOfLine)
		if !ok {
			return nil, false, nil
		}
		size, _, _ := bytes.Cut(line, []byte(";"))
		length, err := strconv.ParseUint(string(bytes.TrimSpace(size)), 16, 31)
		if err != nil {
			return nil, false, errMalformed
		}
		if uint64(len(rest)) < length+2 {
			return nil, false, nil
		}
		if length == 0 {
			return content, true, nil
		}
		content = append(content, rest[:length]...)
		data = rest[length+2:]
	}
}
