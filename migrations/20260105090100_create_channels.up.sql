-- The community's rooms, some tens of rows. This is the SQL file's shape: the table that request code creates lacks
-- is_system_channel and hidden, although the same code writes them.
-- The id is a slug such as 'welcome'. The older application's numeric id is not taken over: it never matches a slug.
CREATE TABLE channels (
    id VARCHAR(255) NOT NULL,
    name VARCHAR(255) NOT NULL,
    display_name VARCHAR(255) NULL,
    category VARCHAR(100) NULL,
    description TEXT NULL,
    access_level VARCHAR(50) DEFAULT 'open',
    is_system_channel BOOLEAN DEFAULT FALSE,
    hidden BOOLEAN DEFAULT FALSE,
    created_at TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    KEY idx_category (category),
    KEY idx_access (access_level)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
