-- Index 2 of 7 of the performance guide, as documented. The foreign key's index covers sender_id already,
-- and no statement of the app filters by it, so it costs writes and serves nothing.
CREATE INDEX idx_sender ON messages (sender_id);
