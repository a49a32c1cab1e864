package sigv4

import (
	"errors"
	"io"
	"slices"
	"strings"
)

const maxTrailers = 16

// last checks the empty chunk and the trailers, and that nothing follows.
func (c *chunkReader) last() error {
	if err := c.checkChunk(); err != nil {
		return err
	}
	trailers, signature, err := c.readTrailers()
	if err != nil {
		return err
	}
	if c.signed && c.trailer {
		slices.Sort(trailers)
		if err := c.advance(signature, chunkTrailerAlgorithm, c.previous, hexHash([]byte(strings.Join(trailers, "")))); err != nil {
			return err
		}
	}
	if _, err := c.in.ReadByte(); !errors.Is(err, io.EOF) {
		return badChunk("something follows the last chunk")
	}
	return io.EOF
}

// readTrailers reads "name:value" lines up to the empty line that ends the body.
// AWS's documentation puts an empty line before the trailers' signature too.
func (c *chunkReader) readTrailers() (trailers []string, signature string, err error) {
	for {
		line, err := c.line()
		if err != nil {
			return nil, "", err
		}
		if line == "" {
			if c.signed && c.trailer && signature == "" {
				continue
			}
			return trailers, signature, nil
		}
		name, value, ok := strings.Cut(line, ":")
		name, value = strings.ToLower(strings.TrimSpace(name)), strings.TrimSpace(value)
		switch {
		case !ok || !c.trailer || len(trailers) == maxTrailers || signature != "":
			return nil, "", badChunk("the trailer is malformed")
		case c.signed && name == "x-amz-trailer-signature":
			signature = value
		default:
			trailers = append(trailers, name+":"+value+"\n")
		}
	}
}
