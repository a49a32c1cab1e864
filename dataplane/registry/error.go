package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"golang.org/x/sys/unix"
)

// Error is a refusal as the client sees it (OCI Distribution Specification,
// "Error codes").
type Error struct {
	// Status is the HTTP status.
	Status int
	// Code is the specification's, such as "MANIFEST_UNKNOWN".
	Code    string
	Message string
}

// Error implements error.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Refuse makes an Error.
func Refuse(status int, code, format string, args ...any) *Error {
	return &Error{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// Unauthorized says that credentials are missing or not valid.
func Unauthorized(format string, args ...any) *Error {
	return Refuse(http.StatusUnauthorized, "UNAUTHORIZED", format, args...)
}

// Denied says that good credentials don't allow what was asked.
func Denied(format string, args ...any) *Error {
	return Refuse(http.StatusForbidden, "DENIED", format, args...)
}

// NameUnknown says that there is no such repository.
func NameUnknown(format string, args ...any) *Error {
	return Refuse(http.StatusNotFound, "NAME_UNKNOWN", format, args...)
}

// ManifestUnknown says that a repository has no such manifest.
func ManifestUnknown(format string, args ...any) *Error {
	return Refuse(http.StatusNotFound, "MANIFEST_UNKNOWN", format, args...)
}

func blobUnknown(blob fmt.Stringer) *Error {
	return Refuse(http.StatusNotFound, "BLOB_UNKNOWN", "the repository has no blob %s", blob)
}

func uploadUnknown() *Error {
	return Refuse(http.StatusNotFound, "BLOB_UPLOAD_UNKNOWN", "there is no such upload")
}

func uploadInvalid(format string, args ...any) *Error {
	return Refuse(http.StatusBadRequest, "BLOB_UPLOAD_INVALID", format, args...)
}

func digestInvalid(format string, args ...any) *Error {
	return Refuse(http.StatusBadRequest, "DIGEST_INVALID", format, args...)
}

func unsupported() *Error {
	return Refuse(http.StatusMethodNotAllowed, "UNSUPPORTED", "the operation is not supported")
}

// refuse answers with an error; what isn't the client's to know is logged.
func (g *Registry) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var e *Error
	switch {
	case errors.As(err, &e):
	case errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT):
		g.opts.Log.Error("registry: no space left", "path", r.URL.Path)
		e = Refuse(http.StatusInsufficientStorage, "UNKNOWN", "no space is left in the registry")
	case errors.Is(err, context.Canceled):
		return // nobody is there to read
	default:
		g.opts.Log.Error("registry: request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		e = Refuse(http.StatusInternalServerError, "UNKNOWN", "an internal error occurred")
	}
	if e.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Basic realm="http://`+r.Host+`/",service="ecr.amazonaws.com"`)
	}
	body := map[string]any{"errors": []map[string]string{{"code": e.Code, "message": e.Message}}}
	answer(w, e.Status, "application/json", body)
}

func answer(w http.ResponseWriter, status int, mediaType string, body any) {
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that went away needs no answer
}
