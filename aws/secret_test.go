package aws

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretIsNeverPrinted(t *testing.T) {
	const plain = "wJalrXUtnFEMI"
	c := Credential{AccessKeyID: "AKIDEXAMPLE", Secret: plain, SessionToken: plain}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("text", "secret", c.Secret, "all", c)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("json", "secret", c.Secret, "all", c)
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	printed := log.String() + string(asJSON)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		printed += fmt.Sprintf(verb, c) + fmt.Sprintf(verb, &c) + fmt.Sprintf(verb, c.Secret)
	}
	if strings.Contains(printed, plain) || strings.Contains(printed, fmt.Sprintf("%x", plain)) {
		t.Error(printed)
	}
	if !strings.Contains(printed, "AKIDEXAMPLE") || string(c.Secret) != plain {
		t.Error("the rest stays readable")
	}
}
