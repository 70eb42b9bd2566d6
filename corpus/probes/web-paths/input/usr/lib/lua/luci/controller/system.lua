function index()
    entry({"admin", "system", "log"}, call("action_log"), _("Log"), 10)
    entry({"admin", "system", "q7exec"}, call("action_exec")).leaf = true
    entry({"admin", "system", "reset"}, post("action_reset"), nil).leaf = true
end
