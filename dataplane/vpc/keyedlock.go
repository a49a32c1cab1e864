package vpc

import "sync"

// keyedLock holds one lock a key; the zero value is ready.
type keyedLock struct {
	mu   sync.Mutex
	held map[string]*keyHold
}

type keyHold struct {
	mu    sync.Mutex
	users int
}

// lock waits for the key and returns what frees it.
func (l *keyedLock) lock(key string) (unlock func()) {
	l.mu.Lock()
	if l.held == nil {
		l.held = map[string]*keyHold{}
	}
	h := l.held[key]
	if h == nil {
		h = &keyHold{}
		l.held[key] = h
	}
	h.users++
	l.mu.Unlock()
	h.mu.Lock()
	return func() {
		h.mu.Unlock()
		l.mu.Lock()
		defer l.mu.Unlock()
		if h.users--; h.users == 0 {
			delete(l.held, key)
		}
	}
}
