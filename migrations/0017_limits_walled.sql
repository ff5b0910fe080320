-- Counts of how often somebody did something are nobody's business but the engine's.

ALTER TABLE limit_count ENABLE ROW LEVEL SECURITY;
ALTER TABLE limit_count FORCE ROW LEVEL SECURITY;
CREATE POLICY engine ON limit_count TO gridpass_engine USING (true);
