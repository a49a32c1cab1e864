package ecs

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"kaimon.dev/kaimon/store"
)

// MaxServiceEvents is how many events of a service are kept and shown (API
// Reference, "Service": up to 100 of the latest).
const MaxServiceEvents = 100

// ServiceEvent is a message about a service, in AWS's words. Sole writer:
// ecsctl, by AddServiceEvent.
type ServiceEvent struct {
	// Key is the service's ARN and the event's number in 16 digits.
	Key        string
	ServiceARN string
	// ID is a UUID.
	ID      string
	At      time.Time
	Message string
}

// ServiceEvents holds the latest events of every service.
var ServiceEvents = store.NewTable("ecs.service-events", func(e *ServiceEvent) string { return e.Key })

// AddServiceEvent writes an event of a service and drops the one that is too
// many. It counts in the status, which the caller writes in the same transaction.
func AddServiceEvent(tx *store.Txn, s *ServiceStatus, id string, at time.Time, message string) {
	ServiceEvents.Put(tx, ServiceEvent{
		Key: eventKey(s.ServiceARN, s.EventCount), ServiceARN: s.ServiceARN, ID: id, At: at, Message: message,
	})
	ServiceEvents.Delete(tx, eventKey(s.ServiceARN, s.EventCount-MaxServiceEvents))
	s.EventCount++
}

// EventsOf returns a service's events, the newest first.
func EventsOf(r store.Reader, serviceARN string) []*ServiceEvent {
	events := collect(eventsOf(r, serviceARN))
	slices.Reverse(events)
	return events
}

func eventsOf(r store.Reader, serviceARN string) iter.Seq[*ServiceEvent] {
	return ServiceEvents.Prefix(r, serviceARN+"/")
}

func eventKey(serviceARN string, n int) string { return fmt.Sprintf("%s/%016d", serviceARN, n) }
