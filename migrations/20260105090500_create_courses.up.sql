-- Courses for sale, a handful of rows. duration is VARCHAR(50) in the SQL file and INT in request code, which never repairs
-- the other's type: text holds what either of them writes. The file's other columns are kept, request code lacks them.
CREATE TABLE courses (
    id INT NOT NULL AUTO_INCREMENT,
    title VARCHAR(255) NOT NULL,
    description TEXT NULL,
    price DECIMAL(10,2) NOT NULL DEFAULT 0,
    video_url VARCHAR(255) NULL,
    duration VARCHAR(50) NULL,
    `level` VARCHAR(50) NULL,
    category VARCHAR(100) NULL,
    instructor VARCHAR(255) NULL,
    created_at TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    KEY idx_category (category),
    KEY idx_level (`level`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
