DROP INDEX idx_level ON users;
