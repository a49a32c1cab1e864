package ec2

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"kaimon.dev/kaimon/store"
)

// TestFlowLines holds lines against those of the VPC User Guide, "Flow log
// record examples".
func TestFlowLines(t *testing.T) {
	r := FlowRecord{
		Scope: scope, Interface: "eni-1235b8ca123456789", VPC: "vpc-1", Subnet: "subnet-1", ZoneID: "euw1-az1",
		Source: netip.MustParseAddr("172.31.16.139"), Destination: netip.MustParseAddr("172.31.16.21"),
		PacketSource: netip.MustParseAddr("172.31.16.139"), PacketDestination: netip.MustParseAddr("203.0.113.5"),
		SourcePort: 20641, DestinationPort: 22, Protocol: 6, Packets: 20, Bytes: 4249,
		Start: time.Unix(1418530010, 0), End: time.Unix(1418530070, 0), Action: FlowAccept, Status: FlowOK,
		Direction: FlowEgress, TCPFlags: 3, TrafficPath: 8, DestinationService: "S3",
	}
	silent := FlowRecord{Scope: scope, Interface: r.Interface, Start: time.Unix(1431280876, 0), End: time.Unix(1431280934, 0), Status: FlowNoData}
	all := make([]string, len(flowFields))
	for i, f := range flowFields {
		all[i] = "${" + f.name + "}"
	}
	for _, c := range []struct {
		format string
		record FlowRecord
		want   string
	}{
		{"", r, "2 000000000000 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK"},
		{"", silent, "2 000000000000 eni-1235b8ca123456789 - - - - - - - 1431280876 1431280934 - NODATA"},
		{"${action} ${tcp-flags} ${version}", r, "ACCEPT 3 3"},
		{"${instance-id} ${version} ${az-id} ${sublocation-id}", r, "- 4 euw1-az1 -"},
		{"${pkt-dstaddr} ${pkt-src-aws-service} ${pkt-dst-aws-service} ${flow-direction} ${traffic-path} ${version}", r, "203.0.113.5 - S3 egress 8 5"},
		{"${flow-direction} ${traffic-path} ${type} ${region}", silent, "- - - eu-west-1"},
		{strings.Join(all, " "), r, "5 000000000000 eni-1235b8ca123456789 172.31.16.139 172.31.16.21 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK " +
			"vpc-1 subnet-1 - 3 IPv4 172.31.16.139 203.0.113.5 eu-west-1 euw1-az1 - - - S3 egress 8"},
	} {
		f, err := ParseFlowFormat(c.format)
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Line(c.record); got != c.want {
			t.Errorf("%s\ngot  %s\nwant %s", c.format, got, c.want)
		}
	}
}

func TestFlowFormatRefusals(t *testing.T) {
	for _, text := range []string{
		" ", "version", "${version", "version}", "${version}  ${start}", "${version},${start}", "${}",
		"${ecs-task-id}", "${Version}", " ${version}", "${version} ", "$${version}", "{version}",
	} {
		_, err := ParseFlowFormat(text)
		wantCode(t, err, "InvalidParameter")
	}
}

// FuzzFlowFormat holds that a format that is read is what was written, and that
// its lines have as many words.
func FuzzFlowFormat(f *testing.F) {
	f.Add(DefaultFlowFormat)
	f.Add("${version} ${pkt-srcaddr}")
	f.Add("${}")
	f.Fuzz(func(t *testing.T, text string) {
		format, err := ParseFlowFormat(text)
		if err != nil {
			return
		}
		if text != "" && format.String() != text {
			t.Errorf("%q is read as %q", text, format)
		}
		for _, status := range []string{FlowOK, FlowNoData} {
			line := format.Line(FlowRecord{Scope: scope, Interface: "eni-1", Status: status})
			if got, want := len(strings.Fields(line)), strings.Count(format.String(), "${"); got != want {
				t.Errorf("%q: %d words, want %d", line, got, want)
			}
		}
	})
}

func TestFlowLogs(t *testing.T) {
	s := opened(t)
	eni := &NetworkInterface{ID: "eni-1", Subnet: "subnet-1", VPC: "vpc-1"}
	add := func(id, resource, traffic, group string) error {
		return s.Update(t.Context(), func(tx *store.Txn) error {
			return AddFlowLog(tx, FlowLog{ID: id, Scope: scope, Resource: resource, Traffic: traffic, LogGroup: group})
		})
	}
	for _, err := range []error{
		add("fl-1", "vpc-1", FlowAll, "a"), add("fl-2", "subnet-1", FlowReject, "a"), add("fl-3", "eni-1", FlowAccept, "a"),
		add("fl-4", "eni-2", FlowAll, "a"), add("fl-5", "vpc-1", FlowAll, "b"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	wantCode(t, add("fl-6", "vpc-1", FlowAll, "a"), "FlowLogAlreadyExists")
	var ids []string
	for _, f := range FlowLogsOf(s.Snapshot(), eni) {
		ids = append(ids, f.ID+" "+f.Stream(eni.ID))
	}
	if got := strings.Join(ids, ","); got != "fl-3 eni-1-accept,fl-2 eni-1-reject,fl-1 eni-1-all,fl-5 eni-1-all" {
		t.Errorf("an interface's logs: %s", got)
	}
	reject, _ := FlowLogs.Get(s.Snapshot(), "fl-2")
	if reject.Wants(FlowAccept) || !reject.Wants(FlowReject) {
		t.Error("a log of rejected traffic wants the wrong records")
	}
	update(t, s, func(tx *store.Txn) error { RemoveFlowLogsOf(tx, "vpc-1"); return nil })
	if got := len(FlowLogsOf(s.Snapshot(), eni)); got != 2 {
		t.Errorf("%d logs left", got)
	}
	_, err := FindFlowLog(s.Snapshot(), scope, "fl-1")
	wantCode(t, err, "InvalidFlowLogId.NotFound")
}

func TestFlowLogDestinations(t *testing.T) {
	for _, c := range []struct{ name, destination, want string }{
		{"/vpc/flow", "", "/vpc/flow"},
		{"", "arn:aws:logs:eu-west-1:000000000000:log-group:/vpc/flow", "/vpc/flow"},
		{"", "arn:aws:logs:eu-west-1:000000000000:log-group:/vpc/flow:*", "/vpc/flow"},
		{"a b", "", ""}, {"", "", ""}, {"a", "arn:aws:logs:eu-west-1:000000000000:log-group:a", ""},
		{"", "arn:aws:s3:::bucket", ""}, {"", "arn:aws:logs:us-east-1:000000000000:log-group:a", ""},
		{"", "arn:aws:logs:eu-west-1:000000000000:log-group:", ""}, {"", "a", ""},
	} {
		got, err := FlowLogGroup(scope, c.name, c.destination)
		if got != c.want || (err != nil) != (c.want == "") {
			t.Errorf("%q, %q: %q, %v", c.name, c.destination, got, err)
		}
	}
	for role, ok := range map[string]bool{
		"arn:aws:iam::000000000000:role/flow": true, "arn:aws:iam::000000000000:role/a/b": true,
		"": false, "flow": false, "arn:aws:iam::111111111111:role/flow": false, "arn:aws:iam::000000000000:user/flow": false,
	} {
		if err := CheckDeliveryRole(scope, role); (err == nil) != ok {
			t.Errorf("%q: %v", role, err)
		}
	}
}
