#define _DEFAULT_SOURCE  // usleep
#include "common/base/output.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>

#include "tests/unit.h"

static char folder[] = "/tmp/unit_output_XXXXXX", path[sizeof folder + 16];

static size_t files_with(const char *words)
{
    size_t n = 0;
    DIR *open = opendir(folder);
    for (struct dirent *entry; (entry = readdir(open)) != NULL;)
        n += strstr(entry->d_name, words) != NULL;
    closedir(open);
    return n;
}

// Writes the file again and again; says when it begins.
static _Noreturn void write_for_ever(int ready)
{
    for (size_t i = 0;; i++) {
        struct output out = output_open(path);
        output_write(&out, "whole", 5);
        output_close(&out);
        if (i == 0 && write(ready, "", 1) != 1)
            _exit(98);
    }
}

// If a file is there before its name is known, one of 200 is enough to fail.
static void a_signal_at_any_moment_leaves_nothing(void)
{
    snprintf(path, sizeof path, "%s/out", folder);
    for (unsigned i = 0; i < 200; i++) {
        int ends[2], status;
        char byte;
        CHECK(pipe(ends) == 0);
        pid_t child = fork();
        if (child == 0)
            write_for_ever(ends[1]);
        CHECK(read(ends[0], &byte, 1) == 1);
        usleep(i * 7);
        kill(child, SIGTERM);
        waitpid(child, &status, 0);
        close(ends[0]);
        close(ends[1]);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
        EQUAL(files_with(".tmp-"), 0);
        EQUAL(files_with("out"), 1);
    }
    remove(path);
}

int main(void)
{
    static const struct unit units[] = {UNIT(a_signal_at_any_moment_leaves_nothing)};
    if (mkdtemp(folder) == NULL)
        return 1;
    int code = unit_run(units, 1);
    rmdir(folder);
    return code;
}
