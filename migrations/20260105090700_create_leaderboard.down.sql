DROP TABLE leaderboard;
