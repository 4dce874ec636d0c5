-- Index 5 of 7 of the performance guide, as documented. The UNIQUE key on email serves the same look-ups.
CREATE INDEX idx_email ON users (email);
