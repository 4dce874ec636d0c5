-- What people write in channels. Where the sources disagree:
--   channel_id is VARCHAR(255) like channels.id (the older application's is BIGINT, which compares with slugs by conversion).
--     It has no foreign key, as in every source, because request code repairs channels by rebuilding its key.
--   sender_id has the SQL file's foreign key (request code has none): deleting a user keeps the messages.
--   encrypted has a default, because the websocket server leaves it out. file_data is added by requests, and part of the table here.
--   The time column is called `timestamp`. There is no created_at.
-- The foreign key has an index of its own name. The SQL file's idx_sender on the same column comes with the guide's indexes,
-- and can go again: without fk_messages_sender the server would refuse to drop it (error 1553).
CREATE TABLE messages (
    id INT NOT NULL AUTO_INCREMENT,
    channel_id VARCHAR(255) NOT NULL,
    sender_id INT NULL,
    content TEXT NOT NULL,
    encrypted BOOLEAN DEFAULT FALSE,
    file_data JSON NULL,
    `timestamp` TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    KEY idx_channel (channel_id),
    KEY idx_timestamp (`timestamp`),
    KEY fk_messages_sender (sender_id),
    CONSTRAINT fk_messages_sender FOREIGN KEY (sender_id) REFERENCES users (id) ON DELETE SET NULL
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
