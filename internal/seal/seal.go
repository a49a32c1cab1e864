// Package seal encrypts small secrets, such as private keys, for the disk: with
// AES-256-GCM (NIST SP 800-38D), by a key that lies in a file of its own. Whoever
// has a copy of the store alone can't read them.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"kaimon.dev/kaimon/internal/clock"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// ErrBroken says that a sealed text was made with another key, about something
// else, or was changed.
var ErrBroken = errors.New("seal is broken")

// Box seals and opens by one key. It may be used from any goroutine.
type Box struct{ aead cipher.AEAD }

// New returns a box of a key of KeySize bytes.
func New(key []byte) (*Box, error) {
	if len(key) != KeySize {
		return nil, fmt.Errorf("seal key has %d bytes, not %d", len(key), KeySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	return &Box{aead}, nil
}

// Seal encrypts a text. about says what it belongs to, such as an ARN, and is
// asked for again by Open, so that sealed texts can't be exchanged. The same text
// is sealed differently each time.
func (b *Box) Seal(text []byte, about string) []byte {
	return b.aead.Seal(nil, nil, text, []byte(about))
}

// Open returns the text that was sealed, or ErrBroken.
func (b *Box) Open(sealed []byte, about string) ([]byte, error) {
	text, err := b.aead.Open(nil, nil, sealed, []byte(about))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", about, ErrBroken)
	}
	return text, nil
}

// OpenFile returns the box of the key in a file, which it makes, for its owner
// alone, if there is none. It refuses a file that others may read.
func OpenFile(path string) (*Box, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeFile(path); err != nil {
			return nil, fmt.Errorf("make a seal key: %w", err)
		}
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	st, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("seal key: %w", err)
	}
	if st.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("seal key %s may be read by others (mode %#o): take that away with chmod 600, and what was sealed for known", path, st.Mode().Perm())
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return nil, fmt.Errorf("seal key %s is not hexadecimal", path)
	}
	return New(key)
}

// makeFile writes a new key. It is there as a whole and on the disk, or not at
// all: what is sealed by a key that is lost is lost.
func makeFile(path string) error {
	f, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(clock.Hex(KeySize) + "\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(path+".new", path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err // another process may have been faster
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(os.Remove(path+".new"), dir.Sync(), dir.Close())
}
