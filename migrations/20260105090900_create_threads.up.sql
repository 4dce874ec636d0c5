-- Private conversations between a user and the admins. Only request code has these two tables, hence the camelCase names.
-- adminId NULL means any admin. (userId, adminId) is not unique: two requests at once have made duplicates, which a unique key
-- would refuse. recipientId is text, because it holds a user's id or the word ADMIN.
CREATE TABLE threads (
    id INT NOT NULL AUTO_INCREMENT,
    userId INT NOT NULL,
    adminId INT NULL,
    lastMessageAt TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    createdAt TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updatedAt TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    KEY idx_userId (userId),
    KEY idx_adminId (adminId)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;

CREATE TABLE thread_messages (
    id INT NOT NULL AUTO_INCREMENT,
    threadId INT NOT NULL,
    senderId INT NOT NULL,
    recipientId VARCHAR(50) NOT NULL,
    body TEXT NOT NULL,
    createdAt TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP,
    readAt TIMESTAMP NULL DEFAULT NULL,
    PRIMARY KEY (id),
    KEY idx_threadId (threadId),
    KEY idx_senderId (senderId),
    CONSTRAINT fk_thread_messages_thread FOREIGN KEY (threadId) REFERENCES threads (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
