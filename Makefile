# The commands of a working day.

.PHONY: run test check generate screenshots

run: # start Latchkey on http://127.0.0.1:8000
	go run .

test: # run all tests
	go test ./...

check: # what CI runs; it installs what it needs, so it wants root on Debian
	.ci/run

generate: # generate views/*_templ.go
	go generate ./...

screenshots: # take the pictures of README.md
	go test ./browser -count=1 -run '^TestScreenshots$$' -screenshots '$(CURDIR)/docs'
