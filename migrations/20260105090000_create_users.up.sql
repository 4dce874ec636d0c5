-- The people of AURA FX. The app's sources disagree on this table; what is chosen here, and why:
--   xp is DECIMAL(14,4). Sources say (10,2), (12,2) and (14,4). Only the last holds the values of all three without rounding.
--   level starts at 1 and xp at 0, both NOT NULL, so that the leaderboard never sorts a missing value.
--   subscription_status starts as 'inactive' (SQL file and payment code). Only the admin page would leave it NULL.
--   avatar is TEXT, because profiles store images as base64. The file's VARCHAR(255) cuts them off or refuses them.
--     The file's default path is dropped with it: MySQL takes no literal default for TEXT, and signup always names the column.
--   last_seen, created_at and updated_at are TIMESTAMP, as in the SQL file (request code adds DATETIME): they then do not depend
--     on a session's time zone. created_at stays nullable, because the app's own readers handle a missing one.
--   metadata, bio, subscription_plan and last_username_change exist only because requests added them.
-- The file's idx_email and idx_username are left out here: both columns are UNIQUE already. They come with the guide's indexes.
CREATE TABLE users (
    id INT NOT NULL AUTO_INCREMENT,
    username VARCHAR(255) NOT NULL,
    email VARCHAR(255) NOT NULL,
    password VARCHAR(255) NOT NULL,
    name VARCHAR(255) NULL,
    avatar TEXT NULL,
    role VARCHAR(50) DEFAULT 'USER',
    phone VARCHAR(50) NULL,
    address TEXT NULL,
    bio TEXT NULL,
    muted BOOLEAN DEFAULT FALSE,
    mfa_verified BOOLEAN DEFAULT FALSE,
    dtype VARCHAR(50) NULL,
    xp DECIMAL(14,4) NOT NULL DEFAULT 0,
    `level` INT NOT NULL DEFAULT 1,
    metadata JSON NULL,
    subscription_status VARCHAR(50) DEFAULT 'inactive',
    subscription_plan VARCHAR(50) NULL,
    subscription_expiry DATETIME NULL,
    subscription_started DATETIME NULL,
    stripe_session_id VARCHAR(255) NULL,
    payment_failed BOOLEAN DEFAULT FALSE,
    last_username_change DATETIME NULL,
    last_seen TIMESTAMP NULL DEFAULT NULL,
    created_at TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    UNIQUE KEY username (username),
    UNIQUE KEY email (email),
    KEY idx_role (role),
    KEY idx_subscription (subscription_status)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
