-- Index 1 of 7 of the performance guide. Serves the newest messages of a channel in order, without sorting the channel.
-- idx_channel is a left prefix of it from here on.
CREATE INDEX idx_channel_timestamp ON messages (channel_id, `timestamp`);
