package main

import (
	"github.com/alecthomas/kong"
)

// commands is the command line. Every flag has a twin in the environment
// (KAIMON_DATA_DIR for --data-dir) and in the YAML file given by --config
// (data-dir: …); the command line wins, then the environment, then the file.
type commands struct {
	Config kong.ConfigFlag `help:"Read flags from this YAML file (data-dir: /srv/kaimon)." placeholder:"FILE" env:"KAIMON_CONFIG"`

	Server  serverCommand  `cmd:"" help:"Run the platform: AWS APIs, containers, networks. Tasks outlive it; start it again and it adopts them."`
	Env     envCommand     `cmd:"" help:"Print exports that point AWS tools here: eval \"$(kaimon env)\"."`
	Demo    demoCommand    `cmd:"" help:"Deploy a sample service behind a load balancer through the public API, roll it and show it answering."`
	Doctor  doctorCommand  `cmd:"" help:"Check that this machine has what Kaimon needs, and say what to install."`
	Down    downCommand    `cmd:"" help:"Stop the server and every task, and remove all that they made on this machine."`
	DB      dbCommand      `cmd:"" name:"db" help:"Show the tables of the state store."`
	Capture captureCommand `cmd:"" help:"Write what passes a task's network interface to standard output, in libpcap's format."`
	Version versionCommand `cmd:"" help:"Print the version."`

	Proxy     proxyCommand     `cmd:"" hidden:"" help:"The load balancers' data plane; the server starts it."`
	SampleWeb sampleWebCommand `cmd:"" hidden:"" help:"The program inside the sample image."`
}

// dataDirFlag is the flag that every command about a server has.
type dataDirFlag struct {
	DataDir string `help:"Where the server keeps its state. Servers with different data directories can run side by side (default: ${default})." default:"/var/lib/kaimon" type:"path" placeholder:"DIR"`
}

func newParser(cli *commands) (*kong.Kong, error) {
	return kong.New(cli,
		kong.Name("kaimon"),
		kong.Description("Amazon ECS on Fargate, on your own machines.\n\n"+
			"Start the platform with \"kaimon server\" (as root), point your tools at it with "+
			"eval \"$(kaimon env)\", and use the aws CLI, SDKs and Terraform as ever."),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.DefaultEnvars("KAIMON"),
		kong.Configuration(readYAML),
	)
}
