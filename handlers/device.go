package handlers

import "strings"

// deviceOf says in words what a User-Agent header means, such as "Firefox on
// Linux". Only words from here come out, whatever the header holds. The first
// that fits wins: browsers name those they descend from.
func deviceOf(userAgent string) string {
	browser := firstOf(userAgent, [][2]string{
		{"Edg", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS", "Firefox"},
		{"CriOS", "Chrome"}, {"HeadlessChrome", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"},
		{"curl/", "curl"}, {"Go-http-client", "a Go program"}, {"python", "a Python program"}, {"node", "a Node program"},
	})
	system := firstOf(userAgent, [][2]string{
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

// firstOf returns the words for the first sign that text holds.
func firstOf(text string, signs [][2]string) string {
	for _, sign := range signs {
		if strings.Contains(text, sign[0]) {
			return sign[1]
		}
	}
	return ""
}
