DROP INDEX idx_username ON users;
