"""The round trip to Label Studio: `push`, `pull`, and the server a collection uses."""
