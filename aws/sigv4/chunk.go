package sigv4

import (
	"bufio"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"strconv"
	"strings"
)

const (
	chunkAlgorithm        = "AWS4-HMAC-SHA256-PAYLOAD"
	chunkTrailerAlgorithm = "AWS4-HMAC-SHA256-TRAILER"
	// hashOfNothing is the SHA-256 of no bytes; it stands for headers that a chunk has not.
	hashOfNothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	maxChunkLine  = 1 << 10
)

// chunkReader decodes an aws-chunked body and checks its chain of signatures
// (Amazon S3 API Reference, "Signature Calculations for the Authorization
// Header: Transferring Payload in Multiple Chunks"). Data is handed out before
// its chunk's signature was seen: it counts only once io.EOF was reached.
type chunkReader struct {
	in      *bufio.Reader
	sig     *Signature
	signing []byte
	signed  bool
	trailer bool

	previous string // the signature before this one in the chain
	claimed  string // this chunk's signature
	left     int64  // bytes of this chunk not yet read
	sum      hash.Hash
	begun    bool
	err      error
}

func newChunkReader(in io.Reader, s *Signature, mode string, signing []byte) *chunkReader {
	return &chunkReader{
		in:       bufio.NewReaderSize(in, maxChunkLine),
		sig:      s,
		signing:  signing,
		signed:   mode != streamingUnsigned,
		trailer:  mode != streamingSigned,
		previous: s.value,
		sum:      sha256.New(),
	}
}

// Read implements io.Reader; any error but io.EOF is an *Error.
func (c *chunkReader) Read(p []byte) (int, error) {
	for c.err == nil && c.left == 0 {
		c.err = c.next()
	}
	if c.err != nil {
		return 0, c.err
	}
	n, err := c.in.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	c.sum.Write(p[:n])
	if err != nil {
		c.err = truncated(err)
	}
	return n, c.err
}

// next ends the chunk before and reads the following one's first line; io.EOF
// after the last.
func (c *chunkReader) next() error {
	if c.begun {
		if err := c.endChunk(); err != nil {
			return err
		}
	}
	line, err := c.line()
	if err != nil {
		return err
	}
	size, extension, _ := strings.Cut(line, ";")
	n, err := strconv.ParseUint(size, 16, 62)
	claimed, ok := strings.CutPrefix(extension, "chunk-signature=")
	if err != nil || ok != c.signed {
		return badChunk("the chunk's first line is malformed")
	}
	c.begun, c.left, c.claimed = true, int64(n), claimed
	c.sum.Reset()
	if n > 0 {
		return nil
	}
	return c.last()
}

// endChunk reads the line break after a chunk's data and checks its signature.
func (c *chunkReader) endChunk() error {
	line, err := c.line()
	if err != nil {
		return err
	}
	if line != "" {
		return badChunk("a chunk is longer than its size")
	}
	return c.checkChunk()
}

func (c *chunkReader) checkChunk() error {
	if !c.signed {
		return nil
	}
	return c.advance(c.claimed, chunkAlgorithm, c.previous, hashOfNothing, hex.EncodeToString(c.sum.Sum(nil)))
}

// advance checks one signature of the chain and makes it the previous one.
func (c *chunkReader) advance(claimed, algorithm string, lines ...string) error {
	want := c.sig.sign(c.signing, algorithm, lines...)
	if subtle.ConstantTimeCompare([]byte(want), []byte(claimed)) != 1 {
		return mismatch()
	}
	c.previous = want
	return nil
}

// line reads up to a line break of at most maxChunkLine bytes.
func (c *chunkReader) line() (string, error) {
	b, err := c.in.ReadSlice('\n')
	if err != nil {
		return "", truncated(err)
	}
	return strings.TrimSuffix(string(b[:len(b)-1]), "\r"), nil
}

func truncated(err error) error {
	if errors.Is(err, io.EOF) {
		return badChunk("the body ends within a chunk")
	}
	if errors.Is(err, bufio.ErrBufferFull) {
		return badChunk("a line is too long")
	}
	return badChunk(err.Error())
}

func badChunk(why string) *Error {
	return refuse(BadChunk, "The aws-chunked body is malformed: %s.", why)
}
