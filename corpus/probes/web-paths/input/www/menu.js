var items = ["status.cgi", "restart" + ".cgi"]; get("/restart.cgi");
