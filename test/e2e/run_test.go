package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/rogpeppe/go-internal/testscript"
)

// runCommand is run NAME FILE [public] [key=JSON…]: it registers the task
// definition in the file, a small Fargate one unless it says otherwise, runs one
// task of it in the default subnet and group, and keeps its ARN in the variable
// NAME. Further members of RunTask's request follow as key=JSON.
func runCommand(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: run NAME FILE [public] [key=JSON…]")
	}
	family := strings.TrimSuffix(args[1], ".json")
	definition := map[string]any{
		"family": family, "requiresCompatibilities": []string{"FARGATE"},
		"networkMode": "awsvpc", "cpu": "256", "memory": "512",
	}
	var given map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &given))
	maps.Copy(definition, given)
	mustCall(ts, "RegisterTaskDefinition", definition)

	network := map[string]any{"subnets": []string{subnet(ts)}}
	request := map[string]any{
		"taskDefinition": family, "launchType": "FARGATE",
		"networkConfiguration": map[string]any{"awsvpcConfiguration": network},
	}
	for _, a := range args[2:] {
		if a == "public" {
			network["assignPublicIp"] = "ENABLED"
			continue
		}
		key, value, _ := strings.Cut(a, "=")
		request[key] = json.RawMessage(value)
	}
	answer := mustCall(ts, "RunTask", request)
	var out struct{ Tasks []struct{ TaskArn string } }
	ts.Check(json.Unmarshal([]byte(answer), &out))
	if len(out.Tasks) != 1 {
		ts.Fatalf("RunTask: %s", answer)
	}
	ts.Setenv(args[0], out.Tasks[0].TaskArn)
	fmt.Fprintln(ts.Stdout(), answer)
}

// mustCall calls an ECS operation that has to succeed.
func mustCall(ts *testscript.TestScript, operation string, in any) string {
	body, err := json.Marshal(in)
	ts.Check(err)
	status, answer, err := access(ts).Call(context(), operation, string(body))
	ts.Check(err)
	if status != 200 {
		ts.Fatalf("%s: %d %s", operation, status, answer)
	}
	return answer
}

// subnet is a default subnet of the current server, also in the variable SUBNET.
func subnet(ts *testscript.TestScript) string {
	client, err := worldOf(ts).current.EC2()
	ts.Check(err)
	name, value := "default-for-az", []string{"true"}
	out, err := client.DescribeSubnets(context(), &ec2.DescribeSubnetsInput{Filters: []types.Filter{{Name: &name, Values: value}}})
	ts.Check(err)
	ts.Setenv("SUBNET", *out.Subnets[0].SubnetId)
	return *out.Subnets[0].SubnetId
}
