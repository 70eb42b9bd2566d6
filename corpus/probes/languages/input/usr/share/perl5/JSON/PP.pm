package JSON::PP;
use strict;
our $VERSION = '4.07';
1;
