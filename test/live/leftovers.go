package live

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/google/nftables"
	"github.com/vishvananda/netlink"
)

// Leftover is something of a server that outlived `kaimon down`.
type Leftover struct {
	// What says what it is, for a person.
	What   string
	remove func() error
}

// instanceID is the part of names that belongs to the server of a data directory.
func instanceID(dataDir string) string {
	sum := sha256.Sum256([]byte(filepath.Clean(dataDir)))
	return hex.EncodeToString(sum[:4])
}

// Leftovers looks for processes, control groups, mounts (network namespaces are
// mounts too), links, nft tables and run-time files of the server of a data
// directory.
func Leftovers(dataDir string) ([]Leftover, error) {
	instance := instanceID(dataDir)
	var all []Leftover
	var failed error
	for _, find := range []func(dataDir, instance string) ([]Leftover, error){
		processes, mounts, groups, links, tables, files,
	} {
		found, err := find(dataDir, instance)
		all, failed = append(all, found...), errors.Join(failed, err)
	}
	return all, failed
}

// processes finds those that name the server or are in a control group of its.
func processes(dataDir, instance string) ([]Leftover, error) {
	dirs, err := filepath.Glob("/proc/[0-9]*")
	var all []Leftover
	for _, dir := range dirs {
		pid, _ := strconv.Atoi(filepath.Base(dir))
		command, _ := os.ReadFile(dir + "/cmdline") // empty once it has ended
		group, _ := os.ReadFile(dir + "/cgroup")
		ours := bytes.Contains(command, []byte(dataDir)) || bytes.Contains(group, []byte("kaimon-"+instance))
		if pid == os.Getpid() || !ours {
			continue
		}
		all = append(all, Leftover{
			What:   fmt.Sprintf("process %d (%s)", pid, bytes.ReplaceAll(command, []byte{0}, []byte{' '})),
			remove: func() error { return syscall.Kill(pid, syscall.SIGKILL) },
		})
	}
	return all, err
}

func mounts(dataDir, instance string) ([]Leftover, error) {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var all []Leftover
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if at := fields[4]; strings.HasPrefix(at, dataDir+"/") || strings.HasPrefix(at, "/run/kaimon/"+instance) {
			all = append(all, Leftover{"mount " + at, func() error { return syscall.Unmount(at, syscall.MNT_DETACH) }})
		}
	}
	return all, nil
}

func groups(_, instance string) ([]Leftover, error) {
	var all []Leftover
	for _, pattern := range []string{"/sys/fs/cgroup/kaimon-", "/sys/fs/cgroup/*/kaimon-"} {
		dirs, err := filepath.Glob(pattern + instance)
		if err != nil {
			return nil, err
		}
		for _, dir := range dirs {
			all = append(all, Leftover{"control group " + dir, func() error { return removeGroup(dir) }})
		}
	}
	return all, nil
}

// removeGroup removes a control group and those below it; their processes must
// have ended.
func removeGroup(dir string) error {
	below, err := os.ReadDir(dir)
	for _, b := range below {
		if b.IsDir() {
			err = errors.Join(err, removeGroup(filepath.Join(dir, b.Name())))
		}
	}
	return errors.Join(err, syscall.Rmdir(dir))
}

func links(_, instance string) ([]Leftover, error) {
	list, err := netlink.LinkList()
	var all []Leftover
	for _, l := range list {
		if strings.Contains(l.Attrs().Name, instance) {
			all = append(all, Leftover{"link " + l.Attrs().Name, func() error { return netlink.LinkDel(l) }})
		}
	}
	return all, err
}

func tables(_, instance string) ([]Leftover, error) {
	conn, err := nftables.New()
	if err != nil {
		return nil, err
	}
	list, err := conn.ListTables()
	var all []Leftover
	for _, t := range list {
		if strings.Contains(t.Name, instance) {
			all = append(all, Leftover{"nft table " + t.Name, func() error {
				conn.DelTable(t)
				return conn.Flush()
			}})
		}
	}
	return all, err
}

func files(_, instance string) ([]Leftover, error) {
	dir := "/run/kaimon/" + instance
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return []Leftover{{"directory " + dir, func() error { return os.RemoveAll(dir) }}}, nil
}
