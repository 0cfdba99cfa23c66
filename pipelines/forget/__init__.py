"""`forget`: a person, a source or a file leaves the collection, its Label Studio and its releases."""
