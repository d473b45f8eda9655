// Latchkey is a login service: it shows the login page, stores the users, issues the tokens that
// the page and other services use, and revokes them.
package main

import "latchkey/cmd"

func main() { cmd.Main() }
