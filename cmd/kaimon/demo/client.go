package demo

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"kaimon.dev/kaimon/internal/clock"
)

// Client calls the AWS APIs of a server with an access key.
type Client struct {
	Endpoint, AccessKeyID, SecretAccessKey, Region string

	HTTP  *http.Client
	Clock clock.Clock
}

// Error is an error that the server answered with.
type Error struct {
	Action, Code, Message string
	Status                int
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s: %s (HTTP %d)", e.Action, e.Code, e.Message, e.Status)
}

// ecs calls an operation of ECS (AWS JSON 1.1); out may be nil.
func (c *Client) ecs(ctx context.Context, action string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	header := http.Header{
		"Content-Type": {"application/x-amz-json-1.1"},
		"X-Amz-Target": {"AmazonEC2ContainerServiceV20141113." + action},
	}
	status, answer, err := c.call(ctx, "ecs", header, body)
	if err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	if status != http.StatusOK {
		var e struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		if json.Unmarshal(answer, &e) != nil {
			e.Message = string(answer)
		}
		return &Error{Action: action, Code: e.Type[strings.LastIndex(e.Type, "#")+1:], Message: e.Message, Status: status}
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// ec2 calls an operation of EC2 (the EC2 Query protocol); out may be nil.
func (c *Client) ec2(ctx context.Context, action string, params url.Values, out any) error {
	return c.query(ctx, "ec2", "2016-11-15", action, params, out)
}

// elb calls an operation of Elastic Load Balancing (the Query protocol); out may
// be nil.
func (c *Client) elb(ctx context.Context, action string, params url.Values, out any) error {
	return c.query(ctx, "elasticloadbalancing", "2015-12-01", action, params, out)
}

func (c *Client) query(ctx context.Context, service, version, action string, params url.Values, out any) error {
	form := url.Values{"Action": {action}, "Version": {version}}
	for k, v := range params {
		form[k] = v
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}}
	status, answer, err := c.call(ctx, service, header, []byte(form.Encode()))
	if err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	if status != http.StatusOK {
		return queryError(action, status, answer)
	}
	if out == nil {
		return nil
	}
	return xml.Unmarshal(answer, out)
}

// queryError reads an error of the Query protocol, or EC2's, which puts it deeper.
func queryError(action string, status int, answer []byte) error {
	type detail struct{ Code, Message string }
	var e struct {
		Query detail `xml:"Error"`
		EC2   detail `xml:"Errors>Error"`
	}
	if xml.Unmarshal(answer, &e) != nil {
		e.Query.Message = string(answer)
	}
	return &Error{
		Action: action, Status: status,
		Code: cmp.Or(e.Query.Code, e.EC2.Code), Message: cmp.Or(e.Query.Message, e.EC2.Message),
	}
}

func (c *Client) call(ctx context.Context, service string, header http.Header, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Endpoint+"/", bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header = header
	sum := sha256.Sum256(body)
	key := sdk.Credentials{AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey}
	if err := v4.NewSigner().SignHTTP(ctx, key, req, hex.EncodeToString(sum[:]), service, c.Region, c.Clock.Now()); err != nil {
		return 0, nil, err
	}
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	return resp.StatusCode, answer, err
}
