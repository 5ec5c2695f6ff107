CREATE TABLE origins (text text); INSERT INTO origins VALUES ('beside the included file');
