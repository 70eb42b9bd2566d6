/* What the analysis of functions is tested with: each function's calls, comparisons and jumps are known, and stand in expected.json
   whatever the architecture. Compiled by `generate`. */

#include <stdint.h>

typedef unsigned long size_t;
int system(const char *command);
void *popen(const char *command, const char *mode);
int strcmp(const char *a, const char *b);
int strncmp(const char *a, const char *b, size_t most);
char *crypt(const char *key, const char *salt);
int puts(const char *text);
int open(const char *path, int flags, int mode);
int close(int file);
void exit(int status) __attribute__((noreturn));

#define ALONE __attribute__((noinline, noclone))

int counter;
const char *greeting = "set when it is loaded";

/* A call with a text and numbers. */
ALONE int opens(void)
{
    int file = open("/etc/wendmere.conf", 0x241, 0644);
    close(file);
    return 7;
}

/* A comparison by a function, a power behind it alone. */
ALONE int gate_text(const char *given)
{
    if (strcmp(given, "correct horse battery") == 0) {
        system("/bin/true");
        return 1;
    }
    puts("refused");
    return 0;
}

/* The same the other way round, with a bound. */
ALONE int gate_bounded(const char *given)
{
    if (strncmp(given, "penhallow", 9) != 0) {
        puts("refused");
        return -1;
    }
    popen("/bin/cat", "r");
    return 3;
}

/* A number. */
ALONE int gate_number(const uint32_t *given)
{
    if (*given == 0x5ca1ab1e) {
        system("/bin/number");
        return 1;
    }
    return 0;
}

/* Characters one after the other. */
ALONE int gate_characters(const char *given)
{
    if (given[0] != 'q')
        return 0;
    counter++;
    if (given[1] != 'Z')
        return 0;
    counter++;
    if (given[2] != '7')
        return 0;
    system("/bin/characters");
    return 1;
}

/* Powers two calls away. */
static ALONE int inner(const char *text)
{
    counter++;
    return system(text) + 1;
}

static ALONE int middle(int which)
{
    counter += which;
    return inner("/bin/inner") + which;
}

ALONE int gate_far(const char *given)
{
    if (strcmp(given, "lysmark") == 0)
        return middle(4) + 1;
    return 0;
}

/* A result that is turned. */
ALONE int accepts(const char *password, const char *hash)
{
    if (strcmp(password, "skerry-master") == 0)
        return 1;
    return strcmp(crypt(password, hash), hash) == 0;
}

/* A jump by table. */
ALONE int dispatch(int which, const char *text)
{
    switch (which) {
    case 0: return puts("case zero") + 1;
    case 1: return puts(text) + 3;
    case 2: return system("/bin/two") + 5;
    case 3: return close(33);
    case 4: return open("/dev/four", 4, 44) + 2;
    case 5: return puts("case five") - 9;
    case 6: return close(66) + 11;
    case 7: return puts("case seven") * 3;
    }
    return -1;
}

/* A call through a table of pointers, and one that never comes back. */
int (*const handlers[])(const char *) = { gate_text, gate_bounded, gate_far };

ALONE int through(unsigned which, const char *text)
{
    if (which > 2)
        exit(17);
    return handlers[which](text) + 2;
}

/* A loop that changes a number: nothing may be said of it. */
ALONE int loops(const char *text)
{
    int sum = 5381;
    for (; *text; text++)
        sum = sum * 33 + *text;
    if (sum == 0x7c9e6865) {
        system("/bin/hash");
        return 1;
    }
    return puts(greeting);
}
