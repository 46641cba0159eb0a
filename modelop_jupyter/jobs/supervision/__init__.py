"""Own a running job: start its runners, watch them, write its end."""
