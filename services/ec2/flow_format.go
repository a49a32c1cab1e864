package ec2

import (
	"slices"
	"strconv"
	"strings"

	"kaimon.dev/kaimon/aws"
)

// DefaultFlowFormat is the format of flow logs that are given none: the fields
// of version 2 (VPC User Guide, "Flow log records").
const DefaultFlowFormat = "${version} ${account-id} ${interface-id} ${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} ${packets} ${bytes} ${start} ${end} ${action} ${log-status}"

// FlowFormat is a flow log's format: which fields its records have, in order.
type FlowFormat struct {
	fields []flowField
	// version is the highest of the fields' versions.
	version int
}

// flowField is a field of flow log records.
type flowField struct {
	name    string
	version int
	// always says that the field also stands in records without data.
	always bool
	value  func(FlowRecord) string
}

// flowFields are the fields of versions 2 to 5 (VPC User Guide, "Available
// fields"), in the order of that page.
var flowFields = []flowField{
	{"version", 2, true, nil}, // what the format is, not the record
	{"account-id", 2, true, func(r FlowRecord) string { return r.Scope.Account }},
	{"interface-id", 2, true, func(r FlowRecord) string { return r.Interface }},
	{"srcaddr", 2, false, func(r FlowRecord) string { return addrText(r.Source) }},
	{"dstaddr", 2, false, func(r FlowRecord) string { return addrText(r.Destination) }},
	{"srcport", 2, false, func(r FlowRecord) string { return strconv.Itoa(int(r.SourcePort)) }},
	{"dstport", 2, false, func(r FlowRecord) string { return strconv.Itoa(int(r.DestinationPort)) }},
	{"protocol", 2, false, func(r FlowRecord) string { return strconv.Itoa(int(r.Protocol)) }},
	{"packets", 2, false, func(r FlowRecord) string { return strconv.FormatUint(r.Packets, 10) }},
	{"bytes", 2, false, func(r FlowRecord) string { return strconv.FormatUint(r.Bytes, 10) }},
	{"start", 2, true, func(r FlowRecord) string { return strconv.FormatInt(r.Start.Unix(), 10) }},
	{"end", 2, true, func(r FlowRecord) string { return strconv.FormatInt(r.End.Unix(), 10) }},
	{"action", 2, false, func(r FlowRecord) string { return r.Action }},
	{"log-status", 2, true, func(r FlowRecord) string { return r.Status }},
	{"vpc-id", 3, true, func(r FlowRecord) string { return r.VPC }},
	{"subnet-id", 3, true, func(r FlowRecord) string { return r.Subnet }},
	{"instance-id", 3, true, func(FlowRecord) string { return "" }}, // there are no instances
	{"tcp-flags", 3, false, func(r FlowRecord) string { return strconv.Itoa(int(r.TCPFlags)) }},
	{"type", 3, false, func(FlowRecord) string { return "IPv4" }},
	{"pkt-srcaddr", 3, false, func(r FlowRecord) string { return addrText(r.PacketSource) }},
	{"pkt-dstaddr", 3, false, func(r FlowRecord) string { return addrText(r.PacketDestination) }},
	{"region", 4, true, func(r FlowRecord) string { return r.Scope.Region }},
	{"az-id", 4, true, func(r FlowRecord) string { return r.ZoneID }},
	{"sublocation-type", 4, true, func(FlowRecord) string { return "" }}, // there are no local zones
	{"sublocation-id", 4, true, func(FlowRecord) string { return "" }},
	{"pkt-src-aws-service", 5, false, func(r FlowRecord) string { return r.SourceService }},
	{"pkt-dst-aws-service", 5, false, func(r FlowRecord) string { return r.DestinationService }},
	{"flow-direction", 5, false, func(r FlowRecord) string { return r.Direction }},
	{"traffic-path", 5, false, func(r FlowRecord) string { return numberOrNone(r.TrafficPath) }},
}

// numberOrNone writes a number of which zero is none.
func numberOrNone(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// ParseFlowFormat reads a flow log's format: fields as ${name}, separated by
// spaces. The empty one is the default format.
func ParseFlowFormat(text string) (FlowFormat, error) {
	if text == "" {
		text = DefaultFlowFormat
	}
	var f FlowFormat
	var unknown []string
	for _, word := range strings.Split(text, " ") {
		name, opened := strings.CutPrefix(word, "${")
		name, closed := strings.CutSuffix(name, "}")
		if !opened || !closed {
			return FlowFormat{}, errFlowFormat("LogFormat must consist of fields as ${field-id}, separated by spaces.")
		}
		at := slices.IndexFunc(flowFields, func(have flowField) bool { return have.name == name })
		if at < 0 {
			unknown = append(unknown, name)
			continue
		}
		f.fields = append(f.fields, flowFields[at])
		f.version = max(f.version, flowFields[at].version)
	}
	if len(unknown) > 0 {
		return FlowFormat{}, errFlowFormat("Unknown fields provided: [" + strings.Join(unknown, ", ") + "]")
	}
	return f, nil
}

func errFlowFormat(text string) error { return aws.Errorf("InvalidParameter", "%s", text) }

// String is the format as it was given.
func (f FlowFormat) String() string {
	words := make([]string, len(f.fields))
	for i, field := range f.fields {
		words[i] = "${" + field.name + "}"
	}
	return strings.Join(words, " ")
}

// Line writes a record. What doesn't apply to it is "-"; of a record without
// data (NODATA, SKIPDATA) that is all that would tell of packets.
func (f FlowFormat) Line(r FlowRecord) string {
	words := make([]string, len(f.fields))
	for i, field := range f.fields {
		switch {
		case field.value == nil:
			words[i] = strconv.Itoa(f.version)
		case field.always || r.Status == FlowOK:
			words[i] = field.value(r)
		}
		if words[i] == "" {
			words[i] = "-"
		}
	}
	return strings.Join(words, " ")
}
