  s.name = "rack"
  s.version = "2.2.4"
