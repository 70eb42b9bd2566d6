// needs jQuery v1.7.1 or later
