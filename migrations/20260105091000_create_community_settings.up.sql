-- Settings of the community pages, one JSON text per key. Only request code has this table.
CREATE TABLE community_settings (
    id VARCHAR(255) NOT NULL,
    value TEXT NULL,
    updated_at TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
