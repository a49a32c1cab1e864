package ec2ctl

import (
	"cmp"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	"kaimon.dev/kaimon/dataplane/vpc"
	"kaimon.dev/kaimon/services/ec2"
	"kaimon.dev/kaimon/store"
)

// How egress traffic goes on (VPC User Guide, "Available fields", traffic-path).
const (
	pathWithinVPC       = 1 // also to what has an interface in it, such as a NAT gateway
	pathInternetGateway = 8
)

// hasFlowLogs says that a flow log wants to know what passes a VPC.
func hasFlowLogs(r store.Reader, id string) bool {
	for f := range ec2.FlowLogs.All(r) {
		if f.VPCOf(r) == id {
			return true
		}
	}
	return false
}

// flowInterval is what a flow log gathers within an aggregation interval.
type flowInterval struct {
	from    time.Time
	flows   map[vpc.FlowKey]vpc.Flow
	passed  map[string]bool // interfaces with traffic, recorded or not
	skipped map[string]bool // interfaces of which records are missing
}

func newFlowInterval(from time.Time) *flowInterval {
	return &flowInterval{from: from, flows: map[vpc.FlowKey]vpc.Flow{}, passed: map[string]bool{}, skipped: map[string]bool{}}
}

// isOver says that the interval ends with a time; they begin with whole minutes
// of the clock, or tens of them.
func (i *flowInterval) isOver(log *ec2.FlowLog, now time.Time) bool {
	length := time.Duration(log.Interval) * time.Second
	return !now.Before(i.from.Truncate(length).Add(length))
}

// add takes what passed a VPC. present are the interfaces that exist now.
func (i *flowInterval) add(log *ec2.FlowLog, flows vpc.Flows, present []*ec2.NetworkInterface) {
	for _, f := range flows.List {
		if log.Resource != f.Interface && log.Resource != f.Subnet && !strings.HasPrefix(log.Resource, "vpc-") {
			continue
		}
		i.passed[f.Interface] = true
		if !log.Wants(action(f)) {
			continue
		}
		if have, ok := i.flows[f.FlowKey]; ok {
			f.Packets += have.Packets
			f.Bytes += have.Bytes
			f.TCPFlags |= have.TCPFlags
			if have.Start.Before(f.Start) {
				f.Start = have.Start
			}
			if have.End.After(f.End) {
				f.End = have.End
			}
		}
		i.flows[f.FlowKey] = f
	}
	if flows.Lost {
		for _, eni := range present {
			if covers(log, eni) {
				i.skipped[eni.ID] = true
			}
		}
	}
}

func action(f vpc.Flow) string {
	if f.Rejected {
		return ec2.FlowReject
	}
	return ec2.FlowAccept
}

// covers says that a flow log is about an interface.
func covers(log *ec2.FlowLog, i *ec2.NetworkInterface) bool {
	return log.Resource == i.ID || log.Resource == i.Subnet || log.Resource == i.VPC
}

// records are the interval's, by interface: of its flows, of interfaces that
// nothing passed, and of those of which something is missing.
func (i *flowInterval) records(r store.Reader, log *ec2.FlowLog, now time.Time, present []*ec2.NetworkInterface) map[string][]ec2.FlowRecord {
	out := map[string][]ec2.FlowRecord{}
	for _, f := range i.flows {
		out[f.Interface] = append(out[f.Interface], recordOf(r, log, f))
	}
	for _, list := range out {
		slices.SortFunc(list, func(a, b ec2.FlowRecord) int {
			return cmp.Or(a.Start.Compare(b.Start), cmp.Compare(a.Direction, b.Direction),
				a.Source.Compare(b.Source), cmp.Compare(a.SourcePort, b.SourcePort),
				a.Destination.Compare(b.Destination), cmp.Compare(a.DestinationPort, b.DestinationPort))
		})
	}
	for _, eni := range present {
		if !covers(log, eni) {
			continue
		}
		empty := ec2.FlowRecord{Interface: eni.ID, Subnet: eni.Subnet, Start: i.from, End: now}
		complete(r, log, &empty)
		switch {
		case i.skipped[eni.ID]:
			empty.Status = ec2.FlowSkipData
		case !i.passed[eni.ID]:
			empty.Status = ec2.FlowNoData
		default:
			continue
		}
		out[eni.ID] = append(out[eni.ID], empty)
	}
	return out
}

// recordOf turns a flow into a record.
func recordOf(r store.Reader, log *ec2.FlowLog, f vpc.Flow) ec2.FlowRecord {
	record := ec2.FlowRecord{
		Interface: f.Interface, Subnet: f.Subnet,
		Source: f.Src.Addr(), Destination: f.Dst.Addr(), PacketSource: f.PktSrc, PacketDestination: f.PktDst,
		SourcePort: f.Src.Port(), DestinationPort: f.Dst.Port(), Protocol: f.Protocol,
		Packets: f.Packets, Bytes: f.Bytes, Start: f.Start, End: f.End,
		Action: action(f), Status: ec2.FlowOK, Direction: ec2.FlowIngress, TCPFlags: f.TCPFlags,
	}
	complete(r, log, &record)
	if f.Egress {
		record.Direction = ec2.FlowEgress
		if !f.Rejected {
			record.TrafficPath = pathOf(r, record)
		}
	}
	return record
}

// complete adds what the rows know of a record's interface.
func complete(r store.Reader, log *ec2.FlowLog, record *ec2.FlowRecord) {
	record.Scope = log.Scope
	record.VPC = log.VPCOf(r)
	if s, ok := ec2.Subnets.Get(r, record.Subnet); ok {
		record.VPC = s.VPC
		for _, z := range ec2.ZonesOf(log.Scope.Region) {
			if z.Name == s.Zone {
				record.ZoneID = z.ID
			}
		}
	}
}

// pathOf says how what an interface sent goes on.
func pathOf(r store.Reader, record ec2.FlowRecord) int {
	v, ok := ec2.VPCs.Get(r, record.VPC)
	if !ok || slices.ContainsFunc(v.CIDRs, func(c netip.Prefix) bool { return c.Contains(record.Destination) }) {
		return pathWithinVPC
	}
	if i, ok := ec2.NetworkInterfaces.Get(r, record.Interface); ok && !i.Public.IsValid() {
		return pathWithinVPC
	}
	return pathInternetGateway
}

// streamsOf are the lines of an interval's records, by log stream, in order of name.
func streamsOf(log *ec2.FlowLog, records map[string][]ec2.FlowRecord) ([]flowStream, error) {
	format, err := ec2.ParseFlowFormat(log.Format)
	if err != nil {
		return nil, err
	}
	var out []flowStream
	for _, eni := range slices.Sorted(maps.Keys(records)) {
		s := flowStream{name: log.Stream(eni)}
		for _, record := range records[eni] {
			s.lines = append(s.lines, format.Line(record))
		}
		out = append(out, s)
	}
	return out, nil
}

// flowStream is what is to be written to a log stream.
type flowStream struct {
	name  string
	lines []string
}
