package models

import "net/netip"

// Network returns what an address counts as where clients are limited or take turns: an IPv4
// address itself, and the /64 of an IPv6 address, because one client has all of it. An IPv4-mapped
// IPv6 address counts as the IPv4 address. All texts that are no address count as one.
func Network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return ""
	}
	ip = ip.Unmap()
	if ip.Is4() {
		return ip.String()
	}
	prefix, _ := ip.Prefix(64) // fails only beyond 128 bits; drops the zone
	return prefix.String()
}
