"""Door: the club's pages. Parses, asks `clubs.access`, calls one function of a room below, renders."""
