-- One-time codes for signing in, resetting a password and signing up. Where the sources disagree:
--   user_id may be NULL (SQL file): a code sent by e-mail has no user yet, and request code's NOT NULL refuses it (error 1048).
--   reset_codes.used exists only in request code, and is kept.
--   The index on user_id is called idx_user (SQL file), not idx_user_id (request code).
--   The file's idx_code is left out: no statement looks a code up without its user or e-mail.
-- expires_at is in milliseconds since 1970, as the app writes it. Nothing purges codes that expired.
CREATE TABLE mfa_codes (
    id INT NOT NULL AUTO_INCREMENT,
    user_id INT NULL,
    email VARCHAR(255) NOT NULL,
    code VARCHAR(10) NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    KEY idx_user (user_id),
    KEY idx_email (email)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE reset_codes (
    id INT NOT NULL AUTO_INCREMENT,
    user_id INT NULL,
    email VARCHAR(255) NOT NULL,
    code VARCHAR(10) NOT NULL,
    expires_at BIGINT NOT NULL,
    used BOOLEAN DEFAULT FALSE,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    KEY idx_user (user_id),
    KEY idx_email (email)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE signup_verification_codes (
    id INT NOT NULL AUTO_INCREMENT,
    email VARCHAR(255) NOT NULL,
    code VARCHAR(10) NOT NULL,
    expires_at BIGINT NOT NULL,
    created_at TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    KEY idx_email (email)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
