package cmd

import (
	"net"
	"net/netip"
	"slices"
	"sync"

	"latchkey/models"
)

// maxConnections is how many connections may be open at once. Each takes some 20 KiB of memory.
const maxConnections = 4096

// limitedListener is a listener that keeps a limited number of connections open. When there are as
// many, a new connection displaces the newest one of the peer that has the most, so that a flood
// shuts out the flooder and no one else. Connections of trusted proxies count to the limit, but
// they carry everybody's requests: they are never displaced, and displace those of any other peer.
type limitedListener struct {
	net.Listener
	limit   int
	trusted []netip.Prefix // proxies

	mu    sync.Mutex
	count int
	open  map[peer][]*connection // the newest last
	last  uint64                 // the number of the newest connection
}

// peer is the other end of a connection.
type peer struct {
	network string // as models.Network returns it
	trusted bool   // whether it is a trusted proxy
}

// limitConnections returns listener with a limit. It must be a TCP listener. Trusted are the
// networks of trusted proxies.
func limitConnections(listener net.Listener, limit int, trusted []netip.Prefix) *limitedListener {
	return &limitedListener{Listener: listener, limit: limit, trusted: trusted, open: map[peer][]*connection{}}
}

// Accept implements net.Listener.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		tcp := accepted.(*net.TCPConn)
		c := &connection{TCPConn: tcp, listener: l, peer: l.peerOf(tcp)}
		refused := l.add(c)
		if refused != nil {
			_ = refused.TCPConn.Close()
		}
		if refused != c {
			return c, nil
		}
	}
}

// add adds a connection. If there are too many, it returns the one that must be closed: c, or
// another that made room for it.
func (l *limitedListener) add(c *connection) (refused *connection) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count == l.limit {
		refused = l.displaceable()
		if refused == nil || !c.peer.trusted && len(l.open[refused.peer]) <= len(l.open[c.peer]) {
			return c
		}
		l.remove(refused)
	}
	l.last++
	c.number = l.last
	l.open[c.peer] = append(l.open[c.peer], c)
	l.count++
	return refused
}

// displaceable returns the newest connection of the peer that has the most. If several have as
// many, it chooses among these the connection that has been open for longest, because that one has
// had the most time for its requests. If all are trusted proxies, it returns nil.
func (l *limitedListener) displaceable() (newest *connection) {
	most := 0
	for from, connections := range l.open {
		if from.trusted {
			continue
		}
		candidate := connections[len(connections)-1]
		if len(connections) > most || len(connections) == most && candidate.number < newest.number {
			most, newest = len(connections), candidate
		}
	}
	return newest
}

// remove forgets a connection, if it has not been forgotten already. l.mu must be locked.
func (l *limitedListener) remove(c *connection) {
	connections := l.open[c.peer]
	i := slices.Index(connections, c)
	if i < 0 {
		return
	}
	l.count--
	if l.open[c.peer] = slices.Delete(connections, i, i+1); len(connections) == 1 {
		delete(l.open, c.peer)
	}
}

// connection is an open connection. It embeds the TCP connection instead of a net.Conn, because
// net/http looks for its method CloseWrite.
type connection struct {
	*net.TCPConn
	listener *limitedListener
	peer     peer
	number   uint64 // in the order in which connections were opened
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.listener.mu.Lock()
	c.listener.remove(c)
	c.listener.mu.Unlock()
	return c.TCPConn.Close()
}

// peerOf returns the peer of a connection.
func (l *limitedListener) peerOf(c *net.TCPConn) peer {
	address := c.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap().WithZone("")
	trusted := slices.ContainsFunc(l.trusted, func(p netip.Prefix) bool { return p.Contains(address) })
	return peer{models.Network(address.String()), trusted}
}
