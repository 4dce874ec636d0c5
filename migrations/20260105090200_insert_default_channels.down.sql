-- Exactly the rows of the up file.
DELETE FROM channels WHERE id IN ('welcome', 'announcements', 'general', 'levels');
