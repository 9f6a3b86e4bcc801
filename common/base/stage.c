#define _POSIX_C_SOURCE 200809L
#include "common/base/stage.h"

#include <assert.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/base/clock.h"
#include "common/base/die.h"
#include "common/base/pool.h"

struct stage stage = {.output = "-", .memory_bytes = (size_t)4 << 30};

static bool help_wanted, version_wanted;
static double started_s;

static const struct arg all_common_args[] = {
    ARG_TEXT('o', "output", &stage.output, "FILE", "write to FILE, complete or not at all"),
    ARG_LIST(0, "set", &stage.set, "SECTION.KEY=VALUE", "change a key of the configuration"),
    ARG_BYTES(0, "memory", &stage.memory_bytes, "SIZE", "use no more memory than this"),
    ARG_FLAG('q', "quiet", &progress_quiet, "show no progress"),
    ARG_FLAG('v', "verbose", &stage.verbose, "one closing line of key=value words on stderr"),
    ARG_FLAG('h', "help", &help_wanted, "print this"),
    ARG_FLAG(0, "version", &version_wanted, "print the version"),
    ARG_END,
};

static const struct arg *common_args(const struct usage *usage)
{
    return all_common_args + usage->no_output;
}

static _Noreturn void print_help(const struct usage *usage, const struct arg *args)
{
    printf("%s: %s\n\nusage: %s %s\n\noptions:\n", program_name, usage->purpose, program_name, usage->synopsis);
    if (args != NULL)
        args_print(args);
    args_print(common_args(usage));
    if (usage->more != NULL)
        usage->more();
    printf("\nexample:\n  %s\n\nsee also: %s\n", usage->example, usage->see_also);
    stage_printed();
}

void stage_printed(void)
{
    if (fflush(stdout) != 0 || ferror(stdout))
        die(EXIT_WORLD, "write <stdout>:");
    warnings_print();
    exit(0);
}

// A closed standard stream would give its number to the next file that is opened, and the output would land in that file.
// Opened the wrong way around, reading or writing it fails as it should.
static void hold_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            exit(EXIT_WORLD);
}

const char *stage_begin(int argc, char **argv, const struct usage *usage, const struct arg *args)
{
    started_s = clock_seconds();
    hold_standard_streams();
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is an error of write, not a crash
    const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
    if (argc > 0)
        program_name = slash != NULL ? slash + 1 : argv[0];

    stage.n_arguments = argc > 0 ? (size_t)argc - 1 : 0;
    stage.arguments = memory_zeros(stage.n_arguments + 1, sizeof *stage.arguments);
    for (size_t i = 0; i < stage.n_arguments; i++)
        stage.arguments[i] = argv[i + 1];

    // --help shows defaults, so it is answered before parsing changes them.
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            print_help(usage, args);
    const struct arg *tables[] = {common_args(usage), args};
    stage.n_operands = args_parse(argc, argv, tables, args != NULL ? 2 : 1);
    if (help_wanted)  // among other letters, as in -qh
        print_help(usage, args);
    if (version_wanted) {
        printf("%s (millrace) %s\n", program_name, MILLRACE_VERSION);
        stage_printed();
    }
    size_t operands_max = usage->operands_max == 0 ? 1 : usage->operands_max;
    assert(operands_max <= sizeof stage.operands / sizeof *stage.operands);
    if (stage.n_operands > operands_max)
        die_usage("unexpected operand %s", quoted_text(argv[1 + operands_max]));
    if (stage.output[0] == '\0')
        die_usage("--output: wanted the name of a file");
    for (size_t i = 0; i < stage.n_operands; i++)
        stage.operands[i] = argv[1 + i];
    memory_limit(stage.memory_bytes);
    return stage.n_operands > 0 ? stage.operands[0] : "-";
}

void stage_end(const char *format, ...)
{
    warnings_print();
    if (!stage.verbose)
        return;
    char words[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(words, sizeof words, format, args);
    va_end(args);
    // One write, so that the lines of several stages do not mix.
    fprintf(stderr, "%s: %s seconds=%.3f rss_mib=%zu\n", program_name, words, clock_seconds() - started_s, clock_rss_mib());
}

size_t stage_threads(size_t asked)
{
    size_t n = asked != 0 ? asked : pool_processors();
    return n < POOL_THREADS_MAX ? n : POOL_THREADS_MAX;
}
