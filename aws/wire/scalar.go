package wire

import (
	"encoding/base64"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"time"
)

// maxEpoch bounds the timestamps taken, in seconds: the year 9999.
const maxEpoch = 253402300800

// isoMillis is how AWS writes ISO 8601 with milliseconds.
const isoMillis = "2006-01-02T15:04:05.000Z07:00"

// formatTime writes a timestamp, in UTC and to the millisecond.
func formatTime(t time.Time, format TimeFormat) string {
	t = t.UTC()
	switch format {
	case EpochTime:
		return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', -1, 64)
	case HTTPTime:
		return t.Format(http.TimeFormat)
	}
	return t.Format(isoMillis)
}

// cmpTime is the format at a place: the place's own, else the shape's.
func cmpTime(place, shape TimeFormat) TimeFormat {
	if place != ProtocolTime {
		return place
	}
	return shape
}

// parseTime takes a timestamp's text: ISO 8601, HTTP dates, epoch seconds.
func parseTime(text string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04Z07:00", "2006-01-02", http.TimeFormat} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(math.Abs(f) < maxEpoch) {
		return time.Time{}, false
	}
	return time.UnixMilli(int64(math.Round(f * 1000))).UTC(), true
}

// parseScalar stores a scalar given as text (Query, headers, URIs) into v.
func parseScalar(s *Shape, text string, v reflect.Value) bool {
	switch s.Kind {
	case String:
		v.SetString(text)
	case Boolean:
		b, err := strconv.ParseBool(text)
		if err != nil {
			return false
		}
		v.SetBool(b)
	case Integer, Long:
		n, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return false
		}
		v.SetInt(n)
	case Float, Double:
		f, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return false
		}
		v.SetFloat(f)
	case Blob:
		b, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return false
		}
		v.SetBytes(b)
	case Timestamp:
		t, ok := parseTime(text)
		if !ok {
			return false
		}
		v.Set(reflect.ValueOf(t))
	default:
		return false
	}
	return true
}

// formatScalar writes a scalar as text.
func formatScalar(s *Shape, v reflect.Value, format TimeFormat) string {
	switch s.Kind {
	case Boolean:
		return strconv.FormatBool(v.Bool())
	case Integer, Long:
		return strconv.FormatInt(v.Int(), 10)
	case Float, Double:
		return formatFloat(v.Float())
	case Blob:
		return base64.StdEncoding.EncodeToString(v.Bytes())
	case Timestamp:
		return formatTime(v.Interface().(time.Time), cmpTime(format, s.Time))
	}
	return v.String()
}

func formatFloat(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
