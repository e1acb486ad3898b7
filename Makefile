SWIFT ?= swift

.PHONY: all build install test demo bench lint clean setup

all: build

setup:
	@scripts/setup

build: setup
	$(SWIFT) build -c release

# DESTDIR and PREFIX (/usr) say where.
install: setup
	DESTDIR="$(DESTDIR)" PREFIX="$(PREFIX)" SWIFT="$(SWIFT)" scripts/install

test: setup
	scripts/test

demo: build
	scripts/demo

bench: build
	scripts/bench

clean:
	rm -rf .build
