//! Requests as a client makes them: what is refused, and what is repeated.
