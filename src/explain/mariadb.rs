//! Reader of mariadb.
