DROP INDEX idx_xp ON users;
