package ec2

import "strings"

// Zone is an availability zone; every region has three.
type Zone struct {
	// Name is such as "eu-west-1a", ID such as "euw1-az1".
	Name, ID string
}

// ZonesOf returns a region's availability zones.
func ZonesOf(region string) []Zone {
	zones := make([]Zone, 3)
	for i := range zones {
		zones[i] = Zone{
			Name: region + string(rune('a'+i)),
			ID:   shortRegion(region) + "-az" + string(rune('1'+i)),
		}
	}
	return zones
}

// shortRegion abbreviates a region as zone IDs do: "us-east-1" is "use1",
// "ap-southeast-2" is "apse2" (EC2 User Guide, "Availability Zone IDs").
func shortRegion(region string) string {
	var b strings.Builder
	for i, part := range strings.Split(region, "-") {
		switch {
		case i == 0:
			b.WriteString(part)
		case len(part) > 5 && (strings.HasPrefix(part, "north") || strings.HasPrefix(part, "south")):
			b.WriteByte(part[0])
			b.WriteByte(part[5])
		case part != "":
			b.WriteByte(part[0])
		}
	}
	return b.String()
}

// Region is the region that the zone is in.
func (z Zone) Region() string { return z.Name[:len(z.Name)-1] }
