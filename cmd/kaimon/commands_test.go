package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// parse parses a command line with the given configuration file's text.
func parse(t *testing.T, yaml string, args ...string) (*commands, error) {
	t.Helper()
	if yaml != "" {
		path := filepath.Join(t.TempDir(), "kaimon.yaml")
		if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append([]string{"--config", path}, args...)
	}
	var cli commands
	parser, err := newParser(&cli)
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(args)
	return &cli, err
}

// TestFlagTwins holds that each flag can be given in the file, in the
// environment and on the command line, and that the later of these wins.
func TestFlagTwins(t *testing.T) {
	cli, err := parse(t, "", "server")
	if err != nil {
		t.Fatal(err)
	}
	s := cli.Server
	if s.DataDir != "/var/lib/kaimon" || s.Listen != "127.0.0.1:4566" || s.AccountID != "000000000000" || s.PublicCIDR.String() != "100.64.0.0/16" {
		t.Errorf("defaults %+v", s)
	}
	file := "data-dir: /srv/a\nlisten: 127.0.0.1:1\naccount-id: \"111122223333\"\npublic-cidr: 10.9.0.0/16\nlog-level: debug\n"
	cli, err = parse(t, file, "server")
	if err != nil {
		t.Fatal(err)
	}
	if s := cli.Server; s.DataDir != "/srv/a" || s.Listen != "127.0.0.1:1" || s.AccountID != "111122223333" || s.PublicCIDR.String() != "10.9.0.0/16" || s.LogLevel != slog.LevelDebug {
		t.Errorf("from the file %+v", s)
	}
	t.Setenv("KAIMON_LISTEN", "127.0.0.1:2")
	t.Setenv("KAIMON_DATA_DIR", "/srv/b")
	cli, err = parse(t, file, "server", "--data-dir", "/srv/c")
	if err != nil {
		t.Fatal(err)
	}
	if s := cli.Server; s.DataDir != "/srv/c" || s.Listen != "127.0.0.1:2" || s.AccountID != "111122223333" {
		t.Errorf("command line over environment over file: %+v", s)
	}
}

func TestBadCommandLines(t *testing.T) {
	for _, test := range []struct {
		name, yaml string
		args       []string
		want       string
	}{
		{"unknown command", "", []string{"serve"}, "serve"},
		{"unknown flag", "", []string{"server", "--port", "1"}, "--port"},
		{"bad block", "", []string{"server", "--public-cidr", "x"}, "public-cidr"},
		{"bad masquerading", "", []string{"server", "--masquerade", "maybe"}, "masquerade"},
		{"bad level", "", []string{"server", "--log-level", "loud"}, "log-level"},
		{"bad engine", "", []string{"server", "--store-engine", "etcd"}, "store-engine"},
		{"unknown key in the file", "prot: 1\n", []string{"version"}, "prot"},
		{"no YAML in the file", ":\n\t-", []string{"version"}, "configuration file"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parse(t, test.yaml, test.args...)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want an error that names %q", err, test.want)
			}
		})
	}
}

// TestEveryCommandExplainsItself holds that each command and flag has a help text.
func TestEveryCommandExplainsItself(t *testing.T) {
	var cli commands
	parser, err := newParser(&cli)
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range parser.Model.Children {
		if node.Help == "" {
			t.Errorf("%s has no help", node.Name)
		}
		for _, f := range node.Flags {
			if f.Help == "" {
				t.Errorf("%s --%s has no help", node.Name, f.Name)
			}
		}
	}
}

// TestSpoken holds that a newcomer is taught and not refused.
func TestSpoken(t *testing.T) {
	for typed, want := range map[string]string{
		"":               "--help",
		"help":           "--help",
		"help server":    "server --help",
		"--version":      "version",
		"env --region x": "env --region x",
		"db help":        "db help",
	} {
		if got := strings.Join(spoken(strings.Fields(typed)), " "); got != want {
			t.Errorf("%q is %q, want %q", typed, got, want)
		}
	}
}

// TestDefaultsAreTold holds that the help names the default of each flag that
// has one: with a placeholder it would not be shown.
func TestDefaultsAreTold(t *testing.T) {
	var cli commands
	parser, err := newParser(&cli)
	if err != nil {
		t.Fatal(err)
	}
	for _, node := range parser.Model.Children {
		for _, f := range node.Flags {
			if f.HasDefault && f.PlaceHolder != "" && !strings.Contains(f.Help, f.Default) {
				t.Errorf("%s --%s doesn't tell its default %s", node.Name, f.Name, f.Default)
			}
		}
	}
}

// TestNeedRoot holds that who is not root learns what to type.
func TestNeedRoot(t *testing.T) {
	err := needRoot("server")
	if os.Geteuid() == 0 {
		if err != nil {
			t.Errorf("root is refused: %v", err)
		}
		return
	}
	if err == nil || !strings.Contains(err.Error(), "sudo "+os.Args[0]+" server") || !strings.Contains(err.Error(), "doctor") {
		t.Errorf("got %v", err)
	}
}
