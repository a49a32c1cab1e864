package seal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

func newBox(t testing.TB, fill byte) *Box {
	t.Helper()
	b, err := New(bytes.Repeat([]byte{fill}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestSeal holds that what is sealed can be opened, and that nothing that was
// changed can: not the text, not the key, not what it is about.
func TestSeal(t *testing.T) {
	box, other := newBox(t, 1), newBox(t, 2)
	rapid.Check(t, func(t *rapid.T) {
		text, about := rapid.SliceOf(rapid.Byte()).Draw(t, "text"), rapid.String().Draw(t, "about")
		sealed := box.Seal(text, about)
		if got, err := box.Open(sealed, about); err != nil || !bytes.Equal(got, text) {
			t.Fatalf("%q, %v", got, err)
		}
		if bytes.Equal(sealed, box.Seal(text, about)) {
			t.Fatal("sealed alike twice")
		}
		if len(text) > 8 && bytes.Contains(sealed, text) {
			t.Fatal("the text can be read")
		}
		if _, err := box.Open(sealed, about+"x"); !errors.Is(err, ErrBroken) {
			t.Fatalf("about something else: %v", err)
		}
		if _, err := other.Open(sealed, about); !errors.Is(err, ErrBroken) {
			t.Fatalf("with another key: %v", err)
		}
		i := rapid.IntRange(0, len(sealed)-1).Draw(t, "changed")
		sealed[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if _, err := box.Open(sealed, about); !errors.Is(err, ErrBroken) {
			t.Fatalf("changed: %v", err)
		}
	})
}

func FuzzOpen(f *testing.F) {
	box := newBox(f, 1)
	f.Add([]byte(nil))
	f.Add([]byte("short"))
	f.Add(box.Seal([]byte("text"), "other"))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if text, err := box.Open(sealed, "about"); err == nil {
			t.Errorf("opened %q", text)
		}
	})
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	first, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
	again, err := OpenFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := again.Open(first.Seal([]byte("text"), "a"), "a"); err != nil || string(text) != "text" {
		t.Errorf("another key: %q, %v", text, err)
	}
	if left, _ := filepath.Glob(path + ".*"); len(left) != 0 {
		t.Errorf("left %v", left)
	}
	if err := os.Chmod(path, 0o640); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFile(path); err == nil {
		t.Error("a key that others read was taken")
	}
	for _, bad := range []string{"", "abc", "zz", "00ff"} {
		path := filepath.Join(t.TempDir(), "key")
		if err := os.WriteFile(path, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenFile(path); err == nil {
			t.Errorf("%q is a key", bad)
		}
	}
	if _, err := OpenFile(filepath.Join(t.TempDir(), "none", "key")); err == nil {
		t.Error("a key without a directory")
	}
}
