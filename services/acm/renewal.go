package acm

import "time"

// renewBefore is how long before its end a certificate is renewed (ACM User
// Guide, "Managed certificate renewal").
const renewBefore = 60 * 24 * time.Hour

// RenewalDue says whether an issued certificate is to be renewed now. That it is
// in use is left to the caller.
func (c *Certificate) RenewalDue(now time.Time) bool {
	leaf, err := c.Leaf()
	return err == nil && c.Type == Issued && !now.Before(leaf.NotAfter.Add(-renewBefore))
}

// Renewed is the certificate as it will be: of the same names and algorithm, for
// a key and a life of its own to be issued.
func (c *Certificate) Renewed(now time.Time) (row Certificate, algorithm string, err error) {
	leaf, err := c.Leaf()
	if err != nil {
		return row, "", err
	}
	row = *c
	row.RenewedAt = now
	return row, KeyAlgorithm(leaf), nil
}
