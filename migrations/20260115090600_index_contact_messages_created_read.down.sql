DROP INDEX idx_created_read ON contact_messages;
