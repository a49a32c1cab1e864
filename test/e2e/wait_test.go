package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// waitCallCommand is wait-call OPERATION BODY PATH VALUE: what is asked for takes
// effect in a moment, so it calls again until the answer says so.
func waitCallCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: wait-call OPERATION BODY PATH VALUE")
	}
	re, err := regexp.Compile("^(?s:" + args[3] + ")$")
	ts.Check(err)
	var answer string
	for begun := time.Now(); time.Since(begun) < 60*time.Second; time.Sleep(20 * time.Millisecond) {
		answer = answerOf(ts, args[0], args[1])
		if value, found := lookUp(ts, answer, args[2]); found && re.MatchString(value) {
			fmt.Fprintln(ts.Stdout(), answer)
			return
		}
	}
	ts.Fatalf("%s is never %q: %s", args[2], args[3], answer)
}

// answerOf calls an operation that has to succeed.
func answerOf(ts *testscript.TestScript, operation, body string) string {
	if operation, ok := strings.CutPrefix(operation, "ec2:"); ok {
		answer, err := callEC2(ts, operation, body)
		ts.Check(err)
		return answer
	}
	status, answer, err := access(ts).Call(context(), operation, body)
	ts.Check(err)
	if status != 200 {
		ts.Fatalf("%s: %d %s", operation, status, answer)
	}
	return answer
}
