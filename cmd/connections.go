package cmd

import (
	"net"
	"net/netip"
	"slices"
	"sync"
)

// maxConnections is how many connections may be open at once. Each takes some 20 KiB of memory.
const maxConnections = 4096

// limitedListener is a listener that keeps a limited number of connections open. When there are as
// many, a new connection displaces the newest one of the address that has the most, so that a flood
// shuts out the flooder and no one else. An address is an IPv4 address or an IPv6 network of 64
// bits, the smallest that one customer has.
type limitedListener struct {
	net.Listener
	limit int

	mu    sync.Mutex
	count int
	open  map[netip.Prefix][]*connection // by address, the newest last
	last  uint64                         // the number of the newest connection
}

// limitConnections returns listener with a limit. It must be a TCP listener.
func limitConnections(listener net.Listener, limit int) *limitedListener {
	return &limitedListener{Listener: listener, limit: limit, open: map[netip.Prefix][]*connection{}}
}

// Accept implements net.Listener.
func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		tcp := accepted.(*net.TCPConn)
		c := &connection{TCPConn: tcp, listener: l, address: networkOf(tcp.RemoteAddr())}
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
		if len(l.open[refused.address]) <= len(l.open[c.address]) {
			return c
		}
		l.remove(refused)
	}
	l.last++
	c.number = l.last
	l.open[c.address] = append(l.open[c.address], c)
	l.count++
	return refused
}

// displaceable returns the newest connection of the address that has the most. If several have as
// many, it chooses among these the connection that has been open for longest, because that one has
// had the most time for its requests.
func (l *limitedListener) displaceable() (newest *connection) {
	most := 0
	for _, connections := range l.open {
		candidate := connections[len(connections)-1]
		if len(connections) > most || len(connections) == most && candidate.number < newest.number {
			most, newest = len(connections), candidate
		}
	}
	return newest
}

// remove forgets a connection, if it has not been forgotten already. l.mu must be locked.
func (l *limitedListener) remove(c *connection) {
	connections := l.open[c.address]
	i := slices.Index(connections, c)
	if i < 0 {
		return
	}
	l.count--
	if l.open[c.address] = slices.Delete(connections, i, i+1); len(connections) == 1 {
		delete(l.open, c.address)
	}
}

// connection is an open connection. It embeds the TCP connection instead of a net.Conn, because
// net/http looks for its method CloseWrite.
type connection struct {
	*net.TCPConn
	listener *limitedListener
	address  netip.Prefix
	number   uint64 // in the order in which connections were opened
}

// Close implements net.Conn.
func (c *connection) Close() error {
	c.listener.mu.Lock()
	c.listener.remove(c)
	c.listener.mu.Unlock()
	return c.TCPConn.Close()
}

// networkOf returns the IPv4 address of a peer, or its IPv6 network of 64 bits.
func networkOf(peer net.Addr) netip.Prefix {
	address := peer.(*net.TCPAddr).AddrPort().Addr().Unmap()
	if address.Is4() {
		return netip.PrefixFrom(address, 32)
	}
	return netip.PrefixFrom(address.WithZone(""), 64).Masked()
}
