# The commands of a working day.

.PHONY: run test check generate lighthouse screenshots

run: # start Latchkey on http://127.0.0.1:8000
	go run .

test: # run all tests
	go test ./...

check: # what CI runs; it installs what it needs, so it wants root on Debian
	.ci/run

generate: # generate views/*_templ.go and static/bundle, after every change in views/ or static/
	go generate ./...

lighthouse: # measure the pages; needs npm ci in .ci/node, and Chromium
	.ci/lighthouse.mjs

screenshots: # take the pictures of README.md
	go test ./browser -count=1 -run '^TestScreenshots$$' -screenshots '$(CURDIR)/docs'
