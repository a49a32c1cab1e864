// Package fake is a runtime without containers, for tests of everything above
// the runtime seam. A Machine stands for the host: it holds containers, whose
// processes are scripts in a small subset of the shell, and outlives the
// runtimes and engines that are opened over it, as real containers do. The
// supervision above is the real one (runtime/supervise).
//
// A container runs its command (EntryPoint and Command together):
//
//	sh -c SCRIPT      runs the script, see below
//	/nonexistent/…    fails to start
//	anything else     runs until it is signalled
//
// or the Script that Machine.Behave gave its image or name. Statements are
// separated by ";", newlines, "&&", "||" or "&" (which skips a sleep):
//
//	echo WORD… [> PATH]   to the log, or to a file in the container or a volume
//	cat PATH, rm PATH, test -e PATH
//	sleep SECONDS         with decimals
//	wait                  for ever
//	exit [CODE], true, false
//	trap '' TERM          ignores the stop signal
//	trap 'exit N' TERM    exits with N on it; without a trap the code is 143
//	tail /dev/zero        is killed for want of memory
//
// All else runs for ever in a container, and succeeds in an Exec. Time is the
// process's own, so a test inside testing/synctest waits for nothing.
package fake
