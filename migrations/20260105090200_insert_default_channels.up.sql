-- The four rooms that a new community starts with. A room that is there already keeps what its admins made of it:
-- `id = id` changes nothing, and unlike INSERT IGNORE it hides no other error.
INSERT INTO channels (id, name, display_name, category, description, access_level, is_system_channel, hidden) VALUES
    ('welcome', 'welcome', 'Welcome', 'announcements', 'Start here: what the community is and how it works.', 'open', TRUE, FALSE),
    ('announcements', 'announcements', 'Announcements', 'announcements', 'News from the team.', 'read-only', TRUE, FALSE),
    ('general', 'general', 'General', 'general', 'Talk about anything.', 'open', FALSE, FALSE),
    ('levels', 'levels', 'Levels', 'announcements', 'Who reached which level.', 'read-only', TRUE, FALSE)
ON DUPLICATE KEY UPDATE id = id;
