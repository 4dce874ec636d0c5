-- Index 7 of 7 of the performance guide, as documented. idx_created is a left prefix of it from here on.
-- The only reader fetches the whole table.
CREATE INDEX idx_created_read ON contact_messages (created_at, `read`);
