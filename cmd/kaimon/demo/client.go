package demo

import (
	"bytes"
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
	form := url.Values{"Action": {action}, "Version": {"2016-11-15"}}
	for k, v := range params {
		form[k] = v
	}
	header := http.Header{"Content-Type": {"application/x-www-form-urlencoded; charset=utf-8"}}
	status, answer, err := c.call(ctx, "ec2", header, []byte(form.Encode()))
	if err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	if status != http.StatusOK {
		var e struct {
			Code    string `xml:"Errors>Error>Code"`
			Message string `xml:"Errors>Error>Message"`
		}
		if xml.Unmarshal(answer, &e) != nil {
			e.Message = string(answer)
		}
		return &Error{Action: action, Code: e.Code, Message: e.Message, Status: status}
	}
	if out == nil {
		return nil
	}
	return xml.Unmarshal(answer, out)
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
