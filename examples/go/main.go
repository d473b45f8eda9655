// An API for users of Latchkey, in Go. While Latchkey runs, from the root of the repository:
//
//	export ISSUER=http://127.0.0.1:8000 JWT_SECRET=$(cat data/jwt-secret)
//	go run ./examples/go
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
)

func main() {
	latchkey, err := newVerifier()
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("GET /hello", latchkey.requireUser(hello))
	log.Fatal(http.ListenAndServe("127.0.0.1:"+port(), nil))
}

func hello(w http.ResponseWriter, r *http.Request) {
	_ = json.NewEncoder(w).Encode(map[string]any{"hello": userOf(r)["name"]})
}

func port() string {
	if port := os.Getenv("PORT"); port != "" {
		return port
	}
	return "3000"
}
