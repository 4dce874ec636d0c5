DROP TABLE user_courses;
