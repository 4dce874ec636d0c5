//! Reader of mysql.
