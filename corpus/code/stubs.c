/* The library that facts.c is linked with: only its names matter. */
#define EMPTY(name) void name(void) {}
EMPTY(system) EMPTY(popen) EMPTY(strcmp) EMPTY(strncmp) EMPTY(crypt) EMPTY(puts) EMPTY(open) EMPTY(close) EMPTY(exit)
