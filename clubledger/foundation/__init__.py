"""What every room stands on: a clock that tests can set, encryption of secrets, waking a task by its name."""
