package demo

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// fetch gets the service's page through the load balancer.
func (d *Demo) fetch(ctx context.Context) error {
	d.step("Fetch its page through the load balancer", "curl "+d.URL())
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		page, err := d.get(ctx)
		if err == nil {
			d.page = page
			d.say("it answers")
			return nil
		}
		if pause(ctx, 20*time.Millisecond) != nil {
			return fmt.Errorf("%s does not answer: %w", d.URL(), err)
		}
	}
}

// get asks the server for the load balancer's page by its name, as a browser
// does, to which every name under localhost is this machine.
func (d *Demo) get(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.Endpoint+"/", nil)
	if err != nil {
		return "", err
	}
	req.Host = d.dns
	resp, err := d.HTTP.Do(req)
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

// port is an endpoint's port with its colon, "" for HTTP's own.
func port(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil || u.Port() == "" {
		return ""
	}
	return ":" + u.Port()
}
