SWIFT ?= swift

.PHONY: all build test demo bench lint clean setup

all: build

setup:
	@scripts/setup

build: setup
	$(SWIFT) build -c release

test: setup
	scripts/test

demo: build
	scripts/demo

bench: build
	scripts/bench

clean:
	rm -rf .build
