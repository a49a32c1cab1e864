package main

import (
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"kaimon.dev/kaimon/cmd/kaimon/platform"
	"kaimon.dev/kaimon/store"
)

// dbCommand is `kaimon db`.
type dbCommand struct {
	dataDirFlag
	Table  string `arg:"" optional:"" help:"Show the rows of this table, one JSON object a line; all tables and their sizes without."`
	Prefix string `arg:"" optional:"" help:"Only rows whose ID begins so."`
}

// Run implements kong's command.
func (c *dbCommand) Run() error {
	view, err := store.OpenView(filepath.Join(c.DataDir, "store"), platform.Tables()...)
	if err != nil {
		return err
	}
	if c.Table == "" {
		return listTables(view)
	}
	for row, err := range view.Rows(c.Table, c.Prefix) {
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", row.JSON)
	}
	return nil
}

func listTables(view *store.View) error {
	tables, err := view.Tables()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TABLE\tROWS")
	for _, t := range tables {
		fmt.Fprintf(w, "%s\t%d\n", t.Name, t.Rows)
	}
	return w.Flush()
}
