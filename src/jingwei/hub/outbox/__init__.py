"""What goes out: entries sent in lanes, marked before and acknowledged after."""
