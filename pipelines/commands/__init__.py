"""The verbs that come in groups, one file a group; a verb reads its flags and calls the room that does the work."""
