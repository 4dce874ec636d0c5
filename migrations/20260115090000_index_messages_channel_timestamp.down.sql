DROP INDEX idx_channel_timestamp ON messages;
