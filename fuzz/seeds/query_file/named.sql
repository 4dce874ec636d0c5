-- name: findUser :one
SELECT * FROM users WHERE id = ?;
-- :name by-email :? :1
SELECT id FROM users WHERE email = :email LIMIT :v:n;
-- name: all_users^
-- aura-db: allow unbounded-result because it is an export
SELECT id FROM users WHERE id IN (sqlc.slice(ids)) AND created_at BETWEEN $1 AND @to;
-- :snip cond
WHERE a = :i:b
