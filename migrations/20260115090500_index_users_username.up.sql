-- Index 6 of 7 of the performance guide, as documented. The UNIQUE key on username serves the same look-ups.
CREATE INDEX idx_username ON users (username);
