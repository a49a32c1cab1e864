package e2e

import (
	stdcontext "context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"kaimon.dev/kaimon/test/live"
)

// context is the one of commands that must run to their end, cleanup above all.
func context() stdcontext.Context { return stdcontext.Background() }

// world is what the commands of one script share.
type world struct {
	dir     string
	servers map[string]*live.Server
	current *live.Server
}

type worldKey struct{}

// main is the name of a script's server if the script gives none.
const mainServer = "main"

func setup(env *testscript.Env) error {
	w := &world{dir: env.WorkDir, servers: map[string]*live.Server{}}
	w.current = w.server(mainServer)
	env.Values[worldKey{}] = w
	env.Setenv("AWS_PAGER", "")
	env.Setenv("AWS_DEFAULT_OUTPUT", "json")
	env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	env.Setenv("AWS_DEFAULT_REGION", live.Region)
	env.Setenv("AWS_REGION", live.Region)
	env.Setenv("INTERNET", internetAddress)
	env.Setenv("KAIMON", live.Binary())
	t := env.T().(testing.TB)
	env.Defer(func() {
		for _, s := range w.servers {
			endServer(t, s)
		}
	})
	return nil
}

// condition is [boto3]: whether Python has it. The aws CLI, which is always
// tested, rests on the same botocore.
func condition(cond string) (bool, error) {
	if cond != "boto3" {
		return false, fmt.Errorf("unknown condition")
	}
	return exec.Command("python3", "-c", "import boto3").Run() == nil, nil
}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

// server finds or makes the server of a name.
func (w *world) server(name string) *live.Server {
	if w.servers[name] == nil {
		w.servers[name] = live.New(filepath.Join(w.dir, name))
	}
	return w.servers[name]
}

var commands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	"server":    serverCommand,
	"down":      downCommand,
	"kaimon":    kaimonCommand,
	"aws":       awsCommand,
	"call":      callCommand,
	"run":       runCommand,
	"wait-task": waitTaskCommand,
	"wait-call": waitCallCommand,
	"json":      jsonCommand,
	"setvar":    setvarCommand,
	"get":       getCommand,
	"push":      pushCommand,
	"pull":      pullCommand,
	"pcap":      pcapCommand,
}

// serverCommand is server start|stop|kill|use [NAME] [FLAG…].
func serverCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: server start|stop|kill|use [NAME] [FLAG…]")
	}
	w, verb, flags := worldOf(ts), args[0], args[1:]
	if len(flags) > 0 && !strings.HasPrefix(flags[0], "-") {
		w.current, flags = w.server(flags[0]), flags[1:]
	}
	s := w.current
	var err error
	switch verb {
	case "start":
		_, err = s.Start(context(), flags...)
	case "stop":
		err = s.Stop()
	case "kill":
		err = s.Kill()
	case "use":
	default:
		ts.Fatalf("server %s: unknown", verb)
	}
	expect(ts, neg, err)
	if err != nil {
		fmt.Fprintln(ts.Stderr(), err)
		return
	}
	access, err := s.Access()
	ts.Check(err)
	ts.Setenv("DATA", s.DataDir)
	ts.Setenv("ENDPOINT", access.Endpoint)
	ts.Setenv("AWS_ACCESS_KEY_ID", access.AccessKeyID)
	ts.Setenv("AWS_SECRET_ACCESS_KEY", access.SecretAccessKey)
}

// downCommand is down [NAME].
func downCommand(ts *testscript.TestScript, neg bool, args []string) {
	s := worldOf(ts).current
	if len(args) > 0 {
		s = worldOf(ts).server(args[0])
	}
	expect(ts, neg, s.Down(context()))
}

func kaimonCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		ts.Fatalf("usage: kaimon COMMAND [ARG…]")
	}
	s := worldOf(ts).current
	switch args[0] {
	case "version", "--help", "server":
	case "demo":
		args = append(args, "--data-dir", s.DataDir, "--listen", s.Listen)
	default:
		args = append(args, "--data-dir", s.DataDir)
	}
	expect(ts, neg, ts.Exec(live.Binary(), args...))
}

// awsCommand gives the endpoint as a flag: an aws CLI older than 2.13 doesn't
// read AWS_ENDPOINT_URL.
func awsCommand(ts *testscript.TestScript, neg bool, args []string) {
	expect(ts, neg, ts.Exec("aws", append([]string{"--endpoint-url", ts.Getenv("ENDPOINT")}, args...)...))
}

// expect ends the script unless the command failed, or did not, as it should.
func expect(ts *testscript.TestScript, neg bool, err error) {
	switch {
	case neg && err == nil:
		ts.Fatalf("unexpected success")
	case !neg && err != nil:
		ts.Fatalf("%v", err)
	}
}
