package aws

import (
	"fmt"
	"log/slog"
)

const hidden = "(secret)"

// Secret is a text that no log line or error may show by accident: every way of
// printing it gives "(secret)". A conversion to string reads it.
type Secret string

// Format implements fmt.Formatter, for every verb.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(hidden)) }

// LogValue implements slog.LogValuer.
func (Secret) LogValue() slog.Value { return slog.StringValue(hidden) }

// MarshalJSON implements json.Marshaler.
func (Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }
