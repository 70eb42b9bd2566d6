package = "lpeg"
version = "1.0.2-1"
