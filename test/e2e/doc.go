// Package e2e tests Kaimon from outside: the real binary, real clients (the aws
// CLI, boto3, the Go SDK), real containers, in a host of the tests' own.
//
// testdata holds scripts (txtar, run by testscript), each the story of a user.
// Beside testscript's commands they have
//
//	server start|stop|kill [NAME] [FLAG…]   a server; several live side by side under names
//	down [NAME]                             kaimon down; nothing may be left on the machine
//	kaimon COMMAND [ARG…]                   a kaimon command about the current server
//	aws ARG…                                the aws CLI for the current server
//	call [SERVICE:]OPERATION BODY           a signed request (ECS unless named) as it is; stdout: status and body.
//	                                        ec2: by the SDK, whose members' names the body and stdout have
//	run NAME FILE [public] [key=JSON…]      register a task definition, run a task of it
//	wait-task STATUS TASK                   wait until a task has the status; stdout: its description
//	wait-call OPERATION BODY PATH VALUE     call until the value at the path matches; stdout: the answer
//	json PATH [VALUE]                       a value inside the JSON on stdout must match an expression
//	setvar NAME [PATH]                      keep stdout, or a value inside it, as a variable
//	push IMAGE REFERENCE                    push a test image with $PASSWORD, pull it back; stdout: its digest
//	pcap FILE                               a line for each TCP packet in a libpcap file
//	get URL                                 fetch until it answers 200 (! get: until it doesn't)
//
// A path is names and numbers with dots between (tasks.0.taskArn); k=v picks the
// element of a list whose k is v (details.name=subnetId.value).
//
// At the end of each script every server goes down and the machine is searched
// for what may be left of it: processes, control groups, mounts, namespaces,
// links, nft tables, files.
//
// Scripts keep to what Debian's aws CLI (2.9) knows; "call" reaches newer operations,
// and is ten times as fast, for what a script needs and doesn't test.
package e2e
