package sigv4

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kaimon.dev/kaimon/internal/clock"
)

// DefaultSkew is how far a request's time may be from the server's.
const DefaultSkew = 15 * time.Minute

// Key is what a signature is checked with.
type Key struct {
	// Secret is the secret access key.
	Secret string
	// SessionToken must come with the request; "" for a long-lived key.
	SessionToken string
	// Expires is when a temporary key ends; zero for never.
	Expires time.Time
}

// Verifier checks signatures against a clock.
type Verifier struct {
	Clock clock.Clock
	// Skew is the clock difference to bear, DefaultSkew when zero.
	Skew time.Duration
}

// Verify checks the signature of a request whose body was read as it was sent,
// still compressed. It returns the payload: the body itself, or what an
// aws-chunked body of S3 carries. Its errors are *Error.
func (v Verifier) Verify(r *http.Request, s *Signature, key Key, body []byte) ([]byte, error) {
	now := v.Clock.Now().UTC()
	if err := v.checkTime(s, now); err != nil {
		return nil, err
	}
	if err := checkToken(s, key, now); err != nil {
		return nil, err
	}
	rules := rulesFor(s.Scope.Service)
	if name := s.unsignedHeader(r.Header); rules.objectStore && name != "" {
		return nil, refuse(UnsignedHeader, "There were headers present in the request which were not signed: %s", name)
	}
	hash, err := s.payloadHash(r, rules, body)
	if err != nil {
		return nil, err
	}
	signing := signingKey(key.Secret, s.Scope)
	want := s.sign(signing, algorithm, hexHash([]byte(s.canonicalRequest(r, rules, hash))))
	if subtle.ConstantTimeCompare([]byte(want), []byte(s.value)) != 1 {
		return nil, mismatch()
	}
	if !strings.HasPrefix(hash, "STREAMING-") {
		return body, nil
	}
	return s.decode(r, hash, signing, body)
}

func (s *Signature) decode(r *http.Request, mode string, signing, body []byte) ([]byte, error) {
	payload, err := io.ReadAll(newChunkReader(bytes.NewReader(body), s, mode, signing))
	if err != nil {
		return nil, err
	}
	if n := r.Header.Get(decodedContentLength); n != "" && n != strconv.Itoa(len(payload)) {
		return nil, refuse(BadChunk, "You did not provide the number of bytes specified by the x-amz-decoded-content-length HTTP header.")
	}
	return payload, nil
}

func (v Verifier) checkTime(s *Signature, now time.Time) error {
	skew := v.Skew
	if skew == 0 {
		skew = DefaultSkew
	}
	if ahead := now.Add(skew); s.Time.After(ahead) {
		return refuse(NotYetCurrent, "Signature not yet current: %s is still later than %s (%s + %d min.)",
			s.Time.Format(basicFormat), ahead.Format(basicFormat), now.Format(basicFormat), int(skew.Minutes()))
	}
	window := skew
	if s.Expires > 0 {
		window = s.Expires
	}
	if oldest := now.Add(-window); s.Time.Before(oldest) {
		return refuse(Expired, "Signature expired: %s is now earlier than %s (%s - %d min.)",
			s.Time.Format(basicFormat), oldest.Format(basicFormat), now.Format(basicFormat), int(window.Minutes()))
	}
	return nil
}

func checkToken(s *Signature, key Key, now time.Time) error {
	if subtle.ConstantTimeCompare([]byte(s.SessionToken), []byte(key.SessionToken)) != 1 {
		return UnknownKey()
	}
	if !key.Expires.IsZero() && !now.Before(key.Expires) {
		return refuse(ExpiredToken, "The security token included in the request is expired")
	}
	return nil
}

// sign returns the hex signature of a string to sign made of the algorithm,
// time, scope and further lines.
func (s *Signature) sign(signing []byte, algorithm string, lines ...string) string {
	text := strings.Join(append([]string{algorithm, s.Time.Format(basicFormat), s.Scope.String()}, lines...), "\n")
	return hex.EncodeToString(mac(signing, text))
}

// signingKey derives the key of one day, region and service.
func signingKey(secret string, scope CredentialScope) []byte {
	k := mac([]byte("AWS4"+secret), scope.Date)
	k = mac(k, scope.Region)
	k = mac(k, scope.Service)
	return mac(k, terminator)
}

func mac(key []byte, data string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(data))
	return h.Sum(nil)
}
