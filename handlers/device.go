package handlers

import "strings"

// describeDevice describes a User-Agent header in fixed words, such as "Firefox on Linux", and
// never in words from the header. The order matters: most browsers also name older ones.
func describeDevice(userAgent string) string {
	browser := firstMatch(userAgent, [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS", "Firefox"},
		{"CriOS", "Chrome"}, {"HeadlessChrome", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
		{"curl/", "curl"}, {"Go-http-client", "Go program"}, {"python", "Python program"}, {"node", "Node.js program"},
	})
	system := firstMatch(userAgent, [][2]string{
		{"Windows", "Windows"}, {"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Mac OS X", "macOS"},
		{"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	})
	switch {
	case browser == "":
		return "Unknown device"
	case system == "":
		return browser
	}
	return browser + " on " + system
}

// firstMatch returns the second of the first pair whose first is in text.
func firstMatch(text string, pairs [][2]string) string {
	for _, pair := range pairs {
		if strings.Contains(text, pair[0]) {
			return pair[1]
		}
	}
	return ""
}
