package ecs

import (
	"strconv"
	"strings"
)

// ParseCPU reads a task's CPU as it is written in a task definition or an
// override: CPU units ("256"), or vCPUs (".25 vCPU", "1vcpu"). The result is in
// CPU units; ok is false for anything else, and for what isn't a whole, positive number of units.
func ParseCPU(s string) (units int, ok bool) { return parseSize(s, "vcpu") }

// ParseMemory reads a task's memory: MiB ("512"), or GB ("0.5 GB", "1GB"),
// where one GB is 1024 MiB. The result is in MiB.
func ParseMemory(s string) (mib int, ok bool) { return parseSize(s, "gb") }

// maxSize is above every size that a task can have, and far from overflow.
const maxSize = 1 << 30

// parseSize reads a whole number, or a decimal number with the unit, which
// stands for 1024.
func parseSize(s, unit string) (int, bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	number, found := strings.CutSuffix(s, unit)
	if !found {
		n, err := strconv.Atoi(s)
		return n, err == nil && n > 0 && n <= maxSize && s[0] != '+'
	}
	number = strings.TrimSpace(number)
	if strings.Trim(number, "0123456789.") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || f <= 0 || f*1024 > maxSize || f*1024 != float64(int(f*1024)) {
		return 0, false
	}
	return int(f * 1024), true
}

// fargateSize is one CPU size and the memory that goes with it, in MiB.
type fargateSize struct{ cpu, least, most, step int }

// fargateSizes are the sizes of Fargate tasks (Developer Guide, "Task CPU and
// memory" in "Amazon ECS task definition differences for Fargate").
var fargateSizes = []fargateSize{
	{256, 512, 2048, 0}, // 512, 1024, 2048: doubling
	{512, 1024, 4096, 1024},
	{1024, 2048, 8192, 1024},
	{2048, 4096, 16384, 1024},
	{4096, 8192, 30720, 1024},
	{8192, 16384, 61440, 4096},
	{16384, 32768, 122880, 8192},
}

// IsFargateSize says whether Fargate has a task of this size, in CPU units and MiB.
func IsFargateSize(cpu, memory int) bool {
	for _, s := range fargateSizes {
		if s.cpu != cpu || memory < s.least || memory > s.most {
			continue
		}
		if s.step == 0 {
			return memory%s.least == 0 && memory&(memory-1) == 0
		}
		return memory%s.step == 0
	}
	return false
}

// CheckFargateSize refuses a size that Fargate doesn't have. RunTask applies
// it to overridden sizes too.
func CheckFargateSize(cpu, memory int) error {
	if IsFargateSize(cpu, memory) {
		return nil
	}
	return ClientException("No Fargate configuration exists for given values: %d CPU, %d memory. "+
		"See the Amazon ECS documentation for the valid values.", cpu, memory)
}
