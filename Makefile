# millrace: recommenders out of small programs joined by pipes. `make help` lists the targets.
-include config.mk

CC       ?= cc
CFLAGS   ?= -O2 -g
PREFIX   ?= /usr/local
DESTDIR  ?=
SANITIZE ?=

PACKAGES := inih jansson libmicrohttpd libxxhash openblas $(shell pkg-config --exists msgpack-c 2>/dev/null && echo msgpack-c || echo msgpack)
WARNINGS := -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Wstrict-prototypes
comma    := ,
BUILD    := build$(if $(SANITIZE),/$(subst $(comma),-,$(SANITIZE)))
ALL_CFLAGS   = -std=c11 $(WARNINGS) -pthread -I. $(shell pkg-config --cflags $(PACKAGES)) $(CFLAGS) $(SANITIZE:%=-fsanitize=% -fno-omit-frame-pointer)
ALL_LDFLAGS  = -pthread $(LDFLAGS) $(SANITIZE:%=-fsanitize=%)
LDLIBS       = -Wl,--as-needed $(shell pkg-config --libs $(PACKAGES)) -lcsv -lm

COMMON := $(wildcard common/*/*.c)
PAGE   := $(wildcard common/serve/page/*)
STAGES := $(patsubst stages/%.c,%,$(wildcard stages/*.c))
UNITS  := $(patsubst tests/%.c,%,$(wildcard tests/unit_*.c))

PROGRAMS  := $(STAGES:%=$(BUILD)/%)
UNIT_BINS := $(UNITS:%=$(BUILD)/%)

all: $(PROGRAMS) $(BUILD)/millrace $(BUILD)/tune ## build every stage into build/

$(BUILD)/libcommon.a: $(COMMON:%.c=$(BUILD)/%.o) $(PAGE:%=$(BUILD)/%.o)
	rm -f $@
	$(AR) rcs $@ $^

# Kernels: vectorised whatever -O says, a * b + c in one rounding where the machine can, no errno. Nothing that would hide a NaN.
$(BUILD)/common/math/%.o: ALL_CFLAGS += -ftree-vectorize -fno-math-errno -ffp-contract=fast

# What is missing is named before the compiler stumbles over it.
$(BUILD)/libraries:
	@sh pipelines/deps --check
	@mkdir -p $(@D)
	@touch $@

$(BUILD)/%.o: %.c | $(BUILD)/libraries
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# A file of serve's page as bytes: page/app.js becomes the array page_app_js, of page_app_js_bytes.
$(BUILD)/common/serve/page/%.c: common/serve/page/%
	@mkdir -p $(@D)
	@{ echo '#include <stddef.h>'; echo 'extern const unsigned char page_$(subst .,_,$*)[]; extern const size_t page_$(subst .,_,$*)_bytes;'; \
	  echo 'const unsigned char page_$(subst .,_,$*)[] = {'; od -An -v -tx1 $< | sed 's/[0-9a-f][0-9a-f]/0x&,/g'; echo '};'; \
	  echo 'const size_t page_$(subst .,_,$*)_bytes = sizeof page_$(subst .,_,$*);'; } > $@

$(BUILD)/common/serve/page/%.o: $(BUILD)/common/serve/page/%.c
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) -c -o $@ $<

$(PROGRAMS): $(BUILD)/%: $(BUILD)/stages/%.o $(BUILD)/libcommon.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

$(UNIT_BINS): $(BUILD)/%: $(BUILD)/tests/%.o $(BUILD)/libcommon.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

# What libFuzzer finds in requests of serve (how: tests/fuzz_predict.c).
$(BUILD)/fuzz_predict: $(BUILD)/tests/fuzz_predict.o $(BUILD)/libcommon.a
	$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

$(BUILD)/millrace: pipelines/millrace
	@mkdir -p $(@D)
	sed 's|@LIBEXEC@|.|' $< > $@
	chmod +x $@

$(BUILD)/tune: pipelines/tune
	@mkdir -p $(@D)
	install $< $@

deps: ## install the packages that are missing
	@sh pipelines/deps

pipeline: all ## text files in, recommendations and figures out, on the data shipped here
	@PATH="$(CURDIR)/$(BUILD):$$PATH" bash pipelines/movies.sh $(BUILD)

$(BUILD)/faults: tests/faults.c
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) -o $@ $<

test: all $(UNIT_BINS) $(BUILD)/faults ## run every test
	@BUILD="$(CURDIR)/$(BUILD)" tests/run $(TESTS)

bench: all ## measure every stage and the whole pipe
	@BUILD="$(CURDIR)/$(BUILD)" tests/bench.sh

bench-serve: all ## measure answers a second over HTTP
	@BUILD="$(CURDIR)/$(BUILD)" bash tests/bench-serve.sh

figures: all ## measure how well it recommends, over three seeds
	@BUILD="$(CURDIR)/$(BUILD)" tests/figures.sh

implicit: all ## measure the recipe for ids alone, over three seeds
	@BUILD="$(CURDIR)/$(BUILD)" tests/figures_implicit.sh

ablation: all ## measure what each choice of the recipe for ids alone is worth
	@BUILD="$(CURDIR)/$(BUILD)" tests/ablation.sh

$(BUILD)/ann: $(BUILD)/tests/bench/ann.o $(BUILD)/libcommon.a
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LDLIBS)

bench-ann: all $(BUILD)/ann ## measure the indexes, on a model's vectors or those in the folder VECTORS
	@BUILD="$(CURDIR)/$(BUILD)" tests/bench/ann.sh

bench-noisy: all $(BUILD)/ann ## measure an index of a model's catalogue made large by noise, as TFRS's tutorial does
	@BUILD="$(CURDIR)/$(BUILD)" tests/bench/noisy.sh

# In quotes for paths with spaces, where the shell leaves a ~ as it is.
TO = $(DESTDIR)$(subst ~/,$(HOME)/,$(PREFIX))

install: all ## install under $(PREFIX)
	install -d "$(TO)/bin" "$(TO)/libexec/millrace" "$(TO)/share/man/man1"
	install $(PROGRAMS) $(BUILD)/tune "$(TO)/libexec/millrace/"
	sed 's|@LIBEXEC@|../libexec/millrace|' pipelines/millrace > "$(TO)/bin/millrace"
	chmod 755 "$(TO)/bin/millrace"
	for page in stages/*.1 pipelines/tune.1; do install -m 644 $$page "$(TO)/share/man/man1"/millrace-$$(basename $$page); done
	install -m 644 pipelines/millrace.1 "$(TO)/share/man/man1/"

uninstall: ## remove what install put there
	rm -rf "$(TO)/libexec/millrace" "$(TO)/bin/millrace"
	rm -f "$(TO)/share/man/man1/millrace.1" "$(TO)/share/man/man1"/millrace-*.1

clean: ## remove build/
	rm -rf build

help: ## print this
	@sed -n 's/^\([a-z-]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 12

.PHONY: all deps pipeline test bench bench-serve bench-ann bench-noisy figures implicit ablation install uninstall clean help
.DELETE_ON_ERROR:
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
