package sigv4

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// The chunked uploads of the Amazon S3 API Reference: 65 KiB of 'a', without
// and with a signed trailer.
const (
	seedPlain   = "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9"
	seedTrailer = "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e"
)

func publishedChunks(trailer bool) string {
	sig := []string{"ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
		"0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
		"b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9"}
	end := "\r\n"
	if trailer {
		sig = []string{"b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
			"1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
			"2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992"}
		end = "x-amz-checksum-crc32c:sOO8/Q==\n\r\n" +
			"x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n"
	}
	return fmt.Sprintf("10000;chunk-signature=%s\r\n%s\r\n400;chunk-signature=%s\r\n%s\r\n0;chunk-signature=%s\r\n%s",
		sig[0], strings.Repeat("a", 65536), sig[1], strings.Repeat("a", 1024), sig[2], end)
}

func publishedUpload(t *testing.T, trailer bool) *http.Request {
	seed, mode, extra, signedExtra := seedPlain, streamingSigned, "Content-Length: 66824\n", "content-encoding;content-length;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class"
	if trailer {
		seed, mode, extra = seedTrailer, streamingSignedTrail, "x-amz-trailer: x-amz-checksum-crc32c\n"
		signedExtra = "content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-storage-class;x-amz-trailer"
	}
	return readRequest(t, "PUT /examplebucket/chunkObject.txt HTTP/1.1\nHost: s3.amazonaws.com\nx-amz-date: 20130524T000000Z\n"+
		"x-amz-storage-class: REDUCED_REDUNDANCY\nx-amz-content-sha256: "+mode+"\nContent-Encoding: aws-chunked\n"+
		"x-amz-decoded-content-length: 66560\n"+extra+"Authorization: "+s3Scope+"SignedHeaders="+signedExtra+",Signature="+seed+"\n\n")
}

func TestPublishedChunkedUploads(t *testing.T) {
	v := Verifier{Clock: at("20130524T000000Z")}
	for _, trailer := range []bool{false, true} {
		got, err := check(v, publishedUpload(t, trailer), s3Key, []byte(publishedChunks(trailer)))
		if err != nil || string(got) != strings.Repeat("a", 66560) {
			t.Errorf("trailer %v: %d bytes, %v", trailer, len(got), err)
		}
	}
}

// Any one byte of a chunked body is covered by some signature or rule.
func TestTamperedChunks(t *testing.T) {
	v := Verifier{Clock: at("20130524T000000Z")}
	rapid.Check(t, func(rt *rapid.T) {
		trailer := rapid.Bool().Draw(rt, "trailer")
		body := []byte(publishedChunks(trailer))
		i := rapid.OneOf(rapid.IntRange(0, len(body)-1), rapid.IntRange(0, 90), rapid.IntRange(len(body)-250, len(body)-1)).Draw(rt, "at")
		was := body[i]
		body[i] = rapid.Byte().Filter(func(b byte) bool { return b != was }).Draw(rt, "byte")
		got, err := check(v, publishedUpload(t, trailer), s3Key, body)
		if err == nil && string(got) == strings.Repeat("a", 66560) {
			return // the other case of a size's digit, or a line break's '\r': the payload is what was signed
		}
		if k := kindOf(err); k != Mismatch && k != BadChunk {
			rt.Fatalf("byte %d from %q to %q: %v", i, was, body[i], err)
		}
	})
}

func TestMalformedChunks(t *testing.T) {
	whole := publishedChunks(true)
	for name, body := range map[string]string{
		"empty":             "",
		"cut in data":       whole[:3000],
		"cut after a chunk": whole[:65536+90],
		"cut trailer":       whole[:len(whole)-60],
		"trailing bytes":    whole + "x",
		"no signature":      "0\r\n\r\n",
		"size not hex":      "zz;chunk-signature=0\r\n",
		"negative size":     "-1;chunk-signature=0\r\n",
		"size too large":    "ffffffffffffffffff;chunk-signature=0\r\n",
		"line too long":     strings.Repeat("0", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := check(Verifier{Clock: at("20130524T000000Z")}, publishedUpload(t, true), s3Key, []byte(body))
			if k := kindOf(err); k != BadChunk {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestUnsignedTrailer(t *testing.T) {
	decode := func(in io.Reader) (string, error) {
		b, err := io.ReadAll(newChunkReader(in, &Signature{}, streamingUnsigned, nil))
		return string(b), err
	}
	const body = "5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n"
	if got, err := decode(iotest.OneByteReader(strings.NewReader(body))); err != nil || got != "hello world" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := decode(strings.NewReader("5\r\nhello!\r\n0\r\n\r\n")); kindOf(err) != BadChunk {
		t.Errorf("a chunk longer than its size: %v", err)
	}
	many := "0\r\n" + strings.Repeat("x-a:b\r\n", maxTrailers+1) + "\r\n"
	if _, err := decode(strings.NewReader(many)); kindOf(err) != BadChunk {
		t.Errorf("too many trailers: %v", err)
	}
}

func TestDecodedContentLength(t *testing.T) {
	s := &Signature{}
	r := &http.Request{Header: http.Header{decodedContentLength: {"6"}}}
	if _, err := s.decode(r, streamingUnsigned, nil, []byte("5\r\nhello\r\n0\r\n\r\n")); kindOf(err) != BadChunk {
		t.Errorf("got %v", err)
	}
}

func FuzzChunkReader(f *testing.F) {
	f.Add([]byte("5\r\nhello\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n"), byte(0))
	f.Add([]byte("0;chunk-signature=00\r\n\r\n"), byte(1))
	f.Add([]byte("5;chunk-signature=00\r\nhello\r\n0;chunk-signature=11\r\na:b\n\r\nx-amz-trailer-signature:22\r\n\r\n"), byte(2))
	f.Fuzz(func(t *testing.T, body []byte, which byte) {
		mode := []string{streamingUnsigned, streamingSigned, streamingSignedTrail}[which%3]
		got, err := io.ReadAll(newChunkReader(strings.NewReader(string(body)), &Signature{}, mode, nil))
		if len(got) > len(body) {
			t.Fatalf("%d bytes out of %d", len(got), len(body))
		}
		if err != nil && kindOf(err) == "" {
			t.Fatalf("untyped error %v", err)
		}
	})
}
