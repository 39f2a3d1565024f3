-- The statements of one take as `alone` has them for SQLite, for pgbench: balance locked and read, movement, two
-- balances, one figure; committed. The tables are made by run.py, with as many lots as takes are drawn from.
\set lot random(1, :lots)
BEGIN;
SELECT quantity FROM bench.stock WHERE place = 1 AND lot = :lot FOR UPDATE;
INSERT INTO bench.movement VALUES (gen_random_uuid(), :lot, 1, 1, 2, now());
UPDATE bench.stock SET quantity = quantity - 1 WHERE place = 1 AND lot = :lot;
UPDATE bench.stock SET quantity = quantity + 1 WHERE place = 2 AND lot = :lot;
UPDATE bench.figure SET held = held - 1 WHERE item = :lot;
COMMIT;
