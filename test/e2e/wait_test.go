package e2e

import (
	"fmt"
	"regexp"
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
		status, body, err := access(ts).Call(context(), args[0], args[1])
		ts.Check(err)
		if status != 200 {
			ts.Fatalf("%s: %d %s", args[0], status, body)
		}
		answer = body
		if value, found := lookUp(ts, body, args[2]); found && re.MatchString(value) {
			fmt.Fprintln(ts.Stdout(), body)
			return
		}
	}
	ts.Fatalf("%s is never %q: %s", args[2], args[3], answer)
}
