-- Index 3 of 7 of the performance guide. Serves the leaderboard. Every award of xp moves an entry in it.
CREATE INDEX idx_xp ON users (xp DESC);
