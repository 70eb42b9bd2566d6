#!/bin/sh
# Makes the inputs of the probe "web-paths": a web server with handlers in a table, by calls and by comparisons, for three machines, and its
# pages. Needs gcc for x86-64, aarch64 and mipsel (Debian: gcc-aarch64-linux-gnu, gcc-mipsel-linux-gnu, each with its libc6-dev).
set -eu
cd "$(dirname "$0")/../web-paths"
rm -rf input
mkdir -p input/usr/sbin input/www/cgi-bin input/usr/lib/lua/luci/controller input/etc
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cat > "$scratch/server.c" <<'C'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
struct page { const char *path; int needs; int (*answer)(const char *); };
static int status(const char *query) { return printf("HTTP/1.1 200 OK\r\n\r\n%s", query); }
static int restart(const char *query) { return system("/sbin/reboot") + !query; }
static int shell(const char *query) { puts("diagnosis"); return system(query); }
static int counters(const char *query) { return puts(query); }
static const struct page pages[] = {
    { "/status.cgi", 1, status },
    { "/restart.cgi", 1, restart },
    { "/q7diag.cgi", 0, shell },
    { "/q7count.cgi", 0, counters },
};
#define COUNT (sizeof pages / sizeof pages[0])
static struct page more[8];
static __attribute__((noinline)) void form_define(const char *name, int (*answer)(const char *)) {
    static int used;
    more[used & 7].path = name;
    more[used++ & 7].answer = answer;
}
static __attribute__((noinline)) int erase(const char *query) { puts("erasing"); return unlink(query) + system("/sbin/erase"); }
static __attribute__((noinline)) int let_in(const char *path, const char *session) {
    if (strcmp(path, "/login.html") == 0)
        return 1;
    if (strncmp(path, "/images/", 8) == 0)
        return 1;
    if (strstr(path, "/q7open.html"))
        return 1;
    if (!session || strcmp(session, "password-was-right"))
        return 0;
    return access(session, R_OK) == 0;
}
static int answer(const char *path, const char *query) {
    const char *browser = getenv("HTTP_USER_AGENT");
    unsigned at;
    if (browser && strcmp(browser, "quay-heron-41-maintenance") == 0)
        return shell(query);
    if (!let_in(path, getenv("HTTP_COOKIE")))
        return printf("HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n\r\n");
    if (strcmp(path, "/cgi-bin/q7set") == 0)
        return erase(query);
    for (at = 0; at < COUNT; at++)
        if (strcmp(path, pages[at].path) == 0)
            return pages[at].answer(query);
    for (at = 0; at < 8; at++)
        if (more[at].path && strstr(path, more[at].path))
            return more[at].answer(query);
    return printf("HTTP/1.1 404 Not Found\r\n\r\n<a href=\"/index.html\">back</a>");
}
int main(int count, char **words) {
    form_define("/goform/SetName", counters);
    form_define("/goform/q7Erase", erase);
    return count > 2 ? answer(words[1], words[2]) : 2;
}
C
cat > "$scratch/machines.c" <<'C'
#include <stdio.h>
#include <string.h>
int main(int count, char **words) {
    if (count > 1 && strcmp(words[1], "/api/v1/metrics") == 0)
        return puts("HTTP/1.1 200 OK\r\n\r\n");
    return puts("HTTP/1.1 404 Not Found\r\n\r\n");
}
C
for machine in x86-64 aarch64 mipsel; do
    gcc=gcc
    [ $machine = x86-64 ] || gcc=$machine-linux-gnu-gcc
    $gcc -s -Os -fno-stack-protector -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noseparate-code -o input/usr/sbin/server-$machine "$scratch/server.c"
done
gcc -s -O2 -no-pie -fno-stack-protector -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noseparate-code -o input/usr/sbin/server-fixed "$scratch/server.c"
gcc -s -Os -fno-stack-protector -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,noseparate-code -o input/usr/sbin/machines "$scratch/machines.c"
cat > input/www/index.html <<'HTML'
<a href="status.cgi?all=1">status</a> <a href="/login.html">log in</a> <a href="tools.html">tools</a>
<form action="/goform/SetName"></form><script src="menu.js"></script><a href="cgi-bin/upload.cgi">upload</a>
HTML
printf 'var items = ["status.cgi", "restart" + ".cgi"]; get("/restart.cgi");\n' > input/www/menu.js
printf '<p>tools</p>\n' > input/www/tools.html
printf '<form></form>\n' > input/www/login.html
printf '<p>not for you</p>\n' > input/www/q7factory.html
printf '#!/bin/sh\necho\n' > input/www/cgi-bin/upload.cgi
cat > input/usr/lib/lua/luci/controller/system.lua <<'LUA'
function index()
    entry({"admin", "system", "log"}, call("action_log"), _("Log"), 10)
    entry({"admin", "system", "q7exec"}, call("action_exec")).leaf = true
    entry({"admin", "system", "reset"}, post("action_reset"), nil).leaf = true
end
LUA
printf '<a href="<%%=url("admin/system/reset")%%>">reset</a>\n' > input/www/reset.html
printf 'page /tools.html reset.html\n' > input/etc/menu.conf
