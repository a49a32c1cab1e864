package main

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"kaimon.dev/kaimon/dataplane/proxy"
	"kaimon.dev/kaimon/dataplane/proxy/control"
)

func TestProxyCommand(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "proxy.sock")
	ended := make(chan error, 1)
	go func() { ended <- (&proxyCommand{Socket: socket}).Run(t.Context()) }()
	var client *control.Client
	for deadline := time.Now().Add(10 * time.Second); client == nil; time.Sleep(time.Millisecond) {
		var err error
		if client, err = control.Open(t.Context(), control.Options{Socket: socket}); err != nil && time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	defer client.Close()
	if err := client.Apply(t.Context(), proxy.Config{}); err != nil {
		t.Error(err)
	}
	if err := (&proxyCommand{Socket: socket}).Run(t.Context()); err == nil {
		t.Error("a second proxy took the socket")
	}
	if err := control.Down(context.Background(), socket); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
