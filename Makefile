SWIFT ?= swift

.PHONY: all build install test fuzz soak demo bench lint clean setup

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

# TARGET (all) and SECONDS (600) for each: docs/reliability.md.
FUZZ_SECONDS ?= 600
fuzz: setup
	scripts/fuzz "$(or $(TARGET),all)" "$(or $(SECONDS),$(FUZZ_SECONDS))"

# SEED and COUNT to run some again; docs/reliability.md.
soak: setup
	scripts/soak $(if $(SEED),$(SEED) $(or $(COUNT),1))

demo: build
	scripts/demo

bench: build
	scripts/bench

clean:
	rm -rf .build
