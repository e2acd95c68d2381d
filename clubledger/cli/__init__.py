"""The door of commands: parse, ask clubs.access for the club, call one function of a room, print. Decides nothing."""
