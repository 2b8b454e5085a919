//! Drives the machine: journal, lock, time, actions and people.
