package ociarchive

import (
	"archive/tar"
	"errors"
	"io"
	"os"
)

// File is one entry of a layer made by Files.
type File struct {
	// Path inside the image, without the leading slash.
	Path string
	// Mode is the permissions; a path that ends in "/" is a folder.
	Mode int64
	// Link makes it a symbolic link; Source is a file of this machine to copy,
	// Text the content otherwise.
	Link, Source, Text string
}

// Files is a layer of files in the given order. Entries carry no times, so equal
// files make equal layers.
func Files(files ...File) func(*tar.Writer) error {
	return func(w *tar.Writer) error {
		for _, f := range files {
			if err := f.write(w); err != nil {
				return err
			}
		}
		return nil
	}
}

func (f File) write(w *tar.Writer) (err error) {
	header := &tar.Header{Name: f.Path, Mode: f.Mode, Size: int64(len(f.Text))}
	switch {
	case f.Link != "":
		header.Typeflag, header.Linkname = tar.TypeSymlink, f.Link
	case f.Source != "":
		in, err := os.Open(f.Source)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, in.Close()) }()
		st, err := in.Stat()
		if err != nil {
			return err
		}
		header.Size = st.Size()
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		_, err = io.Copy(w, in)
		return err
	case f.Path[len(f.Path)-1] == '/':
		header.Typeflag = tar.TypeDir
	}
	if err := w.WriteHeader(header); err != nil {
		return err
	}
	_, err = io.WriteString(w, f.Text)
	return err
}
