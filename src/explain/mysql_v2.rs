//! Reader of mysql_v2.
