DROP TABLE community_settings;
