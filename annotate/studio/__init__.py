"""Label Studio: a scheme as its interface, our server, and the client that speaks with any."""
