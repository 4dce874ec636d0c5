DROP INDEX idx_sender ON messages;
