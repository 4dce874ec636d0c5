-- Trading results per user. Only the SQL files have this table; no code reads or writes it yet:
-- the app's leaderboard page reads users.xp. The unique key on user_id also serves the foreign key.
CREATE TABLE leaderboard (
    id INT NOT NULL AUTO_INCREMENT,
    user_id INT NOT NULL,
    total_profit DECIMAL(15,2) NOT NULL DEFAULT 0,
    win_rate DECIMAL(5,2) NOT NULL DEFAULT 0,
    total_trades INT NOT NULL DEFAULT 0,
    updated_at TIMESTAMP NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP,
    PRIMARY KEY (id),
    UNIQUE KEY uq_leaderboard_user (user_id),
    KEY idx_profit (total_profit DESC),
    KEY idx_win_rate (win_rate DESC),
    CONSTRAINT fk_leaderboard_user FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_ci;
