package live

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

// Processes returns the processes of each task that lives, by the task's ID: those
// inside its containers.
func (s *Server) Processes() (map[string][]int, error) {
	group := regexp.MustCompile(`:/(?:.*/)?kaimon-` + instanceID(s.DataDir) + `/([0-9a-f]{32})/`)
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return nil, err
	}
	all := map[string][]int{}
	for _, dir := range dirs {
		text, err := os.ReadFile(dir + "/cgroup")
		if err != nil {
			continue // it has ended
		}
		if m := group.FindSubmatch(text); m != nil {
			pid, _ := strconv.Atoi(filepath.Base(dir))
			all[string(m[1])] = append(all[string(m[1])], pid)
		}
	}
	return all, nil
}
