package demo

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Fetch gets the sample's page and returns its text. The process may need a
// moment from its start to listening: a refused connection is tried again for
// a while.
func Fetch(ctx context.Context, client *http.Client, p *Progress, url string) (string, error) {
	p.step("Fetch its page", "curl "+url)
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		body, err := get(ctx, client, url)
		if err == nil {
			p.say("it answers")
			return body, nil
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("%s does not answer: %w", url, err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func get(ctx context.Context, client *http.Client, url string) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	resp, err := client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 1<<16))
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("status %s", resp.Status)
	}
	return string(body), nil
}
