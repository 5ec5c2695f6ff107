CREATE TABLE IF NOT EXISTS items (name text);
