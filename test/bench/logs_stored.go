package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"golang.org/x/sys/unix"
)

const putGroup = "/bench/put"

// What was promised of a gibibyte of access logs.
const (
	putTarget  = 100 // MB/s
	diskTarget = 0.3 // of the lines' own size
	findAll    = 2 * time.Second
	findMinute = 50 * time.Millisecond
)

// measureStored puts a gibibyte of access logs, looks at the disk, and searches
// them, beside grep over the same lines in a file.
func (w *logsWorld) measureStored(ctx context.Context) (_ table, err error) {
	raw := filepath.Join(filepath.Dir(w.DataDir), "raw.log")
	begun := time.Now().Add(-2 * time.Hour)
	loads, err := w.loads(ctx, raw, begun)
	if err != nil {
		return nil, err
	}
	size, needles := 0, 0
	for _, l := range loads {
		size, needles = size+l.raw, needles+l.needles
	}
	before, err := cpuOf(w.PID())
	if err != nil {
		return nil, err
	}
	took, err := sendAll(ctx, w.Listen, loads)
	if err != nil {
		return nil, err
	}
	after, err := cpuOf(w.PID())
	if err != nil {
		return nil, err
	}
	megabytes := float64(size) / 1e6
	rate := megabytes / took.Seconds()
	rows := table{{
		what: fmt.Sprintf("PutLogEvents, %d clients, batches of 1 MiB, access logs of 1 GiB", putStreams),
		value: fmt.Sprintf("%.0f MB/s, %.1f ms CPU a MB", rate,
			float64((after-before).Microseconds())/1000/megabytes),
		target: fmt.Sprintf("≥ %d MB/s", putTarget), met: rate >= putTarget,
	}}
	events := filepath.Join(w.DataDir, "events")
	if err := rest(events); err != nil {
		return rows, err
	}
	if err := w.Stop(); err != nil {
		return rows, err
	}
	disk, err := cool(events)
	if err != nil {
		return rows, err
	}
	share := float64(disk.tables) / float64(size)
	rows = append(rows, row{what: "  disk used for them", value: fmt.Sprintf("%.2f of their size, and a write-ahead log of %d MB", share, disk.journal/1e6),
		target: fmt.Sprintf("≤ %.1f", diskTarget), met: share <= diskTarget})
	if _, err := w.Start(ctx); err != nil {
		return rows, err
	}
	more, err := w.measureSearch(ctx, loads[0].stream, begun, needles)
	rows = append(rows, more...)
	if err != nil {
		return rows, err
	}
	grep, err := measureGrep(ctx, raw, needles)
	return append(rows, grep...), errors.Join(err, os.Remove(raw))
}

// loads makes the streams and what is put into them; the lines go to a file too.
func (w *logsWorld) loads(ctx context.Context, raw string, begun time.Time) (_ []*putLoad, err error) {
	f, err := os.Create(raw)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := bufio.NewWriterSize(f, 1<<20)
	access, err := w.Access()
	if err != nil {
		return nil, err
	}
	if _, err := w.logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String(putGroup)}); err != nil {
		return nil, err
	}
	var out []*putLoad
	for i := range putStreams {
		stream := fmt.Sprint("shop/", i)
		if _, err := w.logs.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String(putGroup), LogStreamName: &stream}); err != nil {
			return nil, err
		}
		l, err := newPutLoad(ctx, access, stream, uint64(i), begun, lines)
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, lines.Flush()
}

// measureSearch looks for the rare word: in all of the group, with the server
// just started and none of its files in memory, and again; then in a minute of a
// stream.
func (w *logsWorld) measureSearch(ctx context.Context, stream string, begun time.Time, needles int) (table, error) {
	all := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String(putGroup), FilterPattern: aws.String(`"` + needle + `"`)}
	var took [2]time.Duration
	for i := range took {
		at := time.Now()
		out, err := w.logs.FilterLogEvents(ctx, all)
		took[i] = time.Since(at)
		if err != nil {
			return nil, err
		}
		if len(out.Events) != needles {
			return nil, fmt.Errorf("found %d lines of %d", len(out.Events), needles)
		}
	}
	var minutes []time.Duration
	for i := range 20 {
		from := begun.Add(time.Duration(i) * 30 * time.Second)
		at := time.Now()
		_, err := w.logs.FilterLogEvents(ctx, &cloudwatchlogs.FilterLogEventsInput{
			LogGroupName: aws.String(putGroup), LogStreamNames: []string{stream}, FilterPattern: all.FilterPattern,
			StartTime: aws.Int64(from.UnixMilli()), EndTime: aws.Int64(from.Add(time.Minute).UnixMilli())})
		if err != nil {
			return nil, err
		}
		minutes = append(minutes, time.Since(at))
	}
	return table{
		atMost("FilterLogEvents, a rare word in them, cold", took[0], findAll),
		atMost("  again", took[1], 0),
		atMost("  in a minute of a stream, 30,000 lines, p50 of 20", quantile(minutes, 0.5), findMinute),
		atMost("  the slowest", quantile(minutes, 1), 0),
	}, nil
}

// measureGrep looks for the rare word in the file, read from the disk and again.
func measureGrep(ctx context.Context, raw string, needles int) (table, error) {
	if _, err := cool(raw); err != nil {
		return nil, err
	}
	var took [2]time.Duration
	for i := range took {
		grep := exec.CommandContext(ctx, "grep", "-c", "-F", needle, raw)
		grep.Env = append(os.Environ(), "LC_ALL=C")
		at := time.Now()
		out, err := grep.Output()
		took[i] = time.Since(at)
		if err != nil || strings.TrimSpace(string(out)) != fmt.Sprint(needles) {
			return nil, fmt.Errorf("grep: %q, %w", out, err)
		}
	}
	return table{atMost("grep of the same lines in a file, cold", took[0], 0), atMost("  again", took[1], 0)}, nil
}

// rest waits until the engine has put its files in order: none was written or
// deleted for two seconds.
func rest(root string) error {
	before := ""
	for same := 0; same < 8; time.Sleep(250 * time.Millisecond) {
		files, err := os.ReadDir(root)
		if err != nil {
			return err
		}
		if now := fmt.Sprint(files); now != before {
			before, same = now, 0
		}
		same++
	}
	return nil
}

// space is disk space in bytes: of the write-ahead log, which doesn't grow with
// what is kept, and of everything else.
type space struct{ tables, journal int64 }

// cool writes a file, or those of a folder, to the disk and out of memory, and
// returns the disk space that they take.
func cool(root string) (used space, err error) {
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := f.Sync(); err != nil {
			return err
		}
		info, err := f.Stat()
		if err != nil {
			return err
		}
		n := info.Sys().(*syscall.Stat_t).Blocks * 512
		if filepath.Ext(path) == ".log" {
			used.journal += n
		} else {
			used.tables += n
		}
		return unix.Fadvise(int(f.Fd()), 0, 0, unix.FADV_DONTNEED)
	})
	return used, err
}
