DROP INDEX idx_email ON users;
