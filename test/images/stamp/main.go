// Command stamp is the workload of the start benches: the first thing it does is
// to write the time, in nanoseconds, into the file that it is given. Then it
// waits to be stopped, or ends at once with -exit.
package main

import (
	"flag"
	"log"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"
)

func main() {
	now := strconv.FormatInt(time.Now().UnixNano(), 10)
	exit := flag.Bool("exit", false, "end at once")
	flag.Parse()
	if err := os.WriteFile(flag.Arg(0), []byte(now), 0o644); err != nil {
		log.Fatal(err)
	}
	if *exit {
		return
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	<-stop
}
