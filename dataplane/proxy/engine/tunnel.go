package engine

// tunnel joins client and target after a change of protocol, such as to
// WebSocket (RFC 6455).
func (x *exchange) tunnel(u *upstream) {
	d, ok := x.sink.(*delivery)
	if !ok { // HTTP/2 has no Upgrade
		u.discard()
		x.own(502)
		return
	}
	x.answerHead()
	x.answer.upgrade = x.resp.Get("Upgrade")
	d.head(&x.answer)
	x.started, x.tunnelled = true, true
	out := d.client.out
	out.Append(u.in.Buffered())
	if err := out.Flush(); err != nil {
		u.discard()
		return
	}
	_, err := u.Write(d.client.in.Buffered())
	if err == nil {
		splice(d.client.conn, u.conn, x.lst.counter.Bytes)
	}
	u.discard()
}
